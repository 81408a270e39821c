"""The pages of identity cards: what arithmetic candidates were found to have, and what they should declare of it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from ..files.layout import IDENTITY
from ..files.whole import write_whole
from ..records.identity import IdentityCards, Property, Section, Told
from ..records.naming import with_version
from ..views.wording import clean
from .html import page


@dataclass(frozen=True, slots=True)
class CandidateCards:
    """The cards of one candidate."""

    candidate: str
    sections: tuple[Section, ...]
    declared: str
    command: str


@dataclass(frozen=True, slots=True)
class IdentityPage:
    """What a page says."""

    title: str
    section: str
    cards: tuple[CandidateCards, ...]


def identity_page(documents: Sequence[IdentityCards]) -> IdentityPage:
    """The cards of all candidates of a run."""
    return IdentityPage("Identity cards · convoracle", IDENTITY, tuple(map(_cards, documents)))


def write_identity(document: IdentityCards, path: Path) -> None:
    """Write the cards of a candidate as a page that loads nothing."""
    cards = _cards(document)
    view = IdentityPage(f"{cards.candidate} · identity card", IDENTITY, (cards,))
    write_whole(path, page("identity_alone.html", view, root=""))


def _cards(document: IdentityCards) -> CandidateCards:
    sections = tuple(
        Section(
            clean(section.dtype),
            tuple(
                Property(clean(each.name), tuple(Told(clean(told.words), clean(told.places)) for told in each.told))
                for each in section.properties
            ),
            tuple(map(clean, section.measured)),
        )
        for section in document.sections
    )
    name = clean(with_version(document.candidate, document.version))
    return CandidateCards(name, sections, clean(document.declared), clean(document.command))
