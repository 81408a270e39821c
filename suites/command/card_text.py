"""Identity cards as people read them, a line for a property, and as a document for programs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict

from ...oracle.probing.card import Card
from ...oracle.probing.declaring import Declarations
from ...oracle.probing.measuring import Growth
from ...reports.records.identity import Property, Section, Told
from ...reports.records.record import CandidateInfo
from .measured_text import SHORT, growth_document, measured_lines

VERSION = 1
_LABEL = 26

Named = tuple[str, Card]


def card_lines(section: Section) -> Iterator[str]:
    """The cards of a dtype, a line for each thing that is told of a property, and what was measured."""
    yield section.dtype
    for each in section.properties:
        label = each.name
        for told in each.told:
            yield f"  {label:{_LABEL}}{told.words}{f'  [{told.places}]' if told.places else ''}"
            label = ""
    yield from (f"  {line}" for line in section.measured)


def section_of(dtype: str, cards: Sequence[Named], grown: Sequence[Growth]) -> Section:
    """All cards of a dtype, by property; where something was found is left out where all agree."""
    properties = []
    for line in dict.fromkeys(finding.line for _, card in cards for finding in card.findings):
        told = _told(line, cards)
        everywhere = len(told) == 1
        found = (Told(words, "" if everywhere else _places(places)) for words, places in told.items())
        properties.append(Property(line, tuple(found)))
    return Section(dtype, tuple(properties), tuple(measured_lines(cards, grown)))


def _told(line: str, cards: Sequence[Named]) -> dict[str, list[tuple[str, str]]]:
    told: dict[str, list[tuple[str, str]]] = {}
    for name, card in cards:
        for finding in card.findings:
            if finding.line == line:
                told.setdefault(finding.told, []).append((SHORT[str(card.pass_)], name))
    return told


def _places(places: Iterable[tuple[str, str]]) -> str:
    """``forward tiny usual; dgrad tiny``."""
    by_pass: dict[str, list[str]] = {}
    for pass_, name in places:
        by_pass.setdefault(pass_, []).append(name)
    return "; ".join(" ".join((pass_, *names)) for pass_, names in by_pass.items())


def document(
    info: CandidateInfo, cards: Sequence[Named], grown: Iterable[Growth], declared: Declarations
) -> dict[str, object]:
    """Of JSON values; ``docs/cards.schema.json`` describes it."""
    return {
        "document": "cards",
        "version": VERSION,
        "candidate": {"name": info.name, "version": info.version},
        "cards": [
            {
                "pass": str(card.pass_),
                "dtype": card.dtype,
                "geometry": {"name": name, "text": str(card.geometry)},
                "terms": card.terms,
                "calls": card.calls,
                "findings": [asdict(finding) for finding in card.findings],
                "measured": None if card.measured is None else asdict(card.measured),
            }
            for name, card in cards
        ],
        "growth": [growth_document(growth) for growth in grown],
        "declarations": {
            "accumulators": dict(declared.accumulators),
            "multipliers": dict(declared.multipliers),
            "conventions": dict(declared.conventions),
            "remarks": list(declared.remarks),
        },
    }
