"""The page of identity cards: what arithmetic a candidate was found to have, and what it should declare of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..files.whole import write_whole
from ..records.record import CandidateInfo
from ..views.wording import candidate_name, clean
from .html import page


@dataclass(frozen=True, slots=True)
class Told:
    """What was found, and where; nowhere in particular if it holds wherever it was asked."""

    words: str
    places: str


@dataclass(frozen=True, slots=True)
class Property:
    """A line of a card: what each pass and geometry came to."""

    name: str
    told: tuple[Told, ...]


@dataclass(frozen=True, slots=True)
class Section:
    """The cards of one dtype."""

    dtype: str
    properties: tuple[Property, ...]


@dataclass(frozen=True, slots=True)
class IdentityPage:
    """What the page says."""

    title: str
    candidate: str
    sections: tuple[Section, ...]
    declared: str
    command: str


def write_identity(
    candidate: CandidateInfo, sections: Sequence[Section], declared: str, command: str, path: Path
) -> None:
    """Write the cards of a candidate as a page that loads nothing."""
    name = clean(candidate_name(candidate.name, candidate))
    cleaned = tuple(
        Section(
            clean(section.dtype),
            tuple(
                Property(clean(each.name), tuple(Told(clean(t.words), clean(t.places)) for t in each.told))
                for each in section.properties
            ),
        )
        for section in sections
    )
    view = IdentityPage(f"{name} · identity card", name, cleaned, clean(declared), clean(command))
    write_whole(path, page("identity.html", view, root=""))
