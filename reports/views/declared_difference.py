"""What differs between two runs in what candidates declare, and in what arithmetic they were found to have."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, fields

from ..records.identity import IdentityCards, Property
from ..records.record import CandidateInfo, RunInfo


@dataclass(frozen=True, slots=True)
class Declaration:
    """One entry of a candidate's card, or of a run's environment, that is not what it was; None where it was not there.

    Parameters
    ----------
    whose : str
        A candidate, or empty of the environment.
    name : str
    before, after : object
    """

    whose: str
    name: str
    before: object
    after: object


def declaration_changes(before: RunInfo, after: RunInfo) -> Iterator[Declaration]:
    """What candidates of both runs declare otherwise, and what is otherwise around them."""
    old = {candidate.name: candidate for candidate in before.candidates}
    for candidate in after.candidates:
        if candidate.name in old:
            yield from _changes(candidate.name, _declared(old[candidate.name]), _declared(candidate))
    yield from _changes("", dict(before.environment), dict(after.environment))


def _changes(whose: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Declaration]:
    for name in dict.fromkeys((*before, *after)):
        if before.get(name) != after.get(name):
            yield Declaration(whose, name, before.get(name), after.get(name))


def _declared(candidate: CandidateInfo) -> dict[str, object]:
    """What a candidate declares; of what is declared by dtype or key, each by itself."""
    card: dict[str, object] = {}
    for each in fields(candidate):
        value = getattr(candidate, each.name)
        if each.name in ("accumulators", "multipliers", "results", "conventions", "domain"):
            card |= {f"{each.name} of {key}": declared for key, declared in value}
        else:
            card[each.name] = value
    return card


def card_changes(before: Iterable[IdentityCards], after: Iterable[IdentityCards]) -> Iterator[Declaration]:
    """The lines of identity cards that are otherwise, of dtypes that both runs have cards of; and which those are."""
    old, new = ({cards.candidate: cards for cards in each} for each in (before, after))
    for candidate in dict.fromkeys((*old, *new)):
        lines, dtypes = zip(*(_lines(each.get(candidate)) for each in (old, new)), strict=True)
        yield from _changes(candidate, *({"identity cards": ", ".join(each)} for each in dtypes))
        common = set(dtypes[0]).intersection(dtypes[1])
        yield from _changes(
            candidate,
            *({f"{dtype} {name}": told for (dtype, name), told in each.items() if dtype in common} for each in lines),
        )


def _lines(cards: IdentityCards | None) -> tuple[dict[tuple[str, str], str], tuple[str, ...]]:
    """What is told of each property of each dtype, and the dtypes."""
    sections = () if cards is None else cards.sections
    lines = {(section.dtype, each.name): _told(each) for section in sections for each in section.properties}
    return lines, tuple(section.dtype for section in sections)


def _told(of_property: Property) -> str:
    return "; ".join(f"{told.words}{f' [{told.places}]' if told.places else ''}" for told in of_property.told)
