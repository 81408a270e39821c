"""What differs between two runs, as text: what is worse first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from ..records.record import Mismatch
from .declared_difference import Declaration
from .difference import Difference, Question, Silenced, Turned
from .layer_difference import LayerTurn
from .wording import clean, headline, plural

_MOST_LINES = 12
"""Of one kind of difference; of the rest only the number is told."""


@dataclass(frozen=True, slots=True)
class Told:
    """A line.

    Parameters
    ----------
    text : str
    mismatch : str
        The id of the fault that it tells of; empty where there is none.
    """

    text: str
    mismatch: str = ""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of difference.

    Parameters
    ----------
    title : str
    lines : tuple of Told
    is_worse : bool
        Whether something is wrong that was not known to be.
    is_later : bool
        Whether the faults are of the later run.
    """

    title: str
    lines: tuple[Told, ...]
    is_worse: bool = False
    is_later: bool = True


def kinds(found: Difference) -> tuple[Kind, ...]:
    """The differences by kind, what is worse first, without the kinds of which there are none."""
    told = (
        Kind("wrong, and right before", tuple(map(_turned, found.broken)), is_worse=True),
        Kind(
            "wrong, on cases that were not asked before, and unlike every earlier fault",
            tuple(map(_fault, found.new)),
            is_worse=True,
        ),
        Kind("whole layers: wrong, and not known to be", _told(map(_layer_line, found.layers.broken)), is_worse=True),
        Kind("not compared any more", _told(map(_silenced_line, found.silenced))),
        Kind("whole layers: proven or wrong before, and now neither", _told(map(_layer_line, found.layers.silenced))),
        Kind("whole layers: right, and wrong before", _told(map(_layer_line, found.layers.mended))),
        Kind("right, and wrong before", tuple(map(_turned, found.mended)), is_later=False),
        Kind(
            "not seen any more, but on no case that was asked again", tuple(map(_fault, found.unseen)), is_later=False
        ),
        Kind("candidates that came", _told(map(clean, found.came))),
        Kind("candidates that are not compared any more", _told(map(clean, found.went))),
        Kind("declared or installed otherwise", _told(map(_declaration_line, found.declarations))),
        Kind("identity cards: found otherwise", _told(map(_declaration_line, found.cards))),
    )
    return tuple(kind for kind in told if kind.lines)


def difference_text(found: Difference) -> str:
    """A sentence that says whether the later run is worse, and a paragraph for each kind of difference."""
    return "\n".join((conclusion(found), *(line for kind in kinds(found) for line in _paragraph(kind))))


def conclusion(found: Difference) -> str:
    """Whether the later run is worse, and how much of it can be said, in a sentence."""
    count = len(found.broken) + len(found.new) + len(found.layers.broken)
    worse = f"{plural(count, 'fault is', 'faults are')} new" if count else "nothing is wrong that was not wrong before"
    known = f", {plural(len(found.known), 'fault is', 'faults are')} as before" if found.known else ""
    asked = plural(found.asked, "examination")
    return f"{worse}{known}; {asked}, {found.common:,} of them on cases that the earlier run has as well"


def _paragraph(kind: Kind) -> Iterator[str]:
    yield f"\n{kind.title}:"
    yield from (f"  {line.text}" for line in kind.lines[:_MOST_LINES])
    if len(kind.lines) > _MOST_LINES:
        yield f"  and {len(kind.lines) - _MOST_LINES} more"


def _told(lines: Iterable[str]) -> tuple[Told, ...]:
    return tuple(map(Told, lines))


def _question(question: Question) -> str:
    return f"{clean(question.subject)} of {clean(question.candidate)}, {clean(question.check)}"


def _turned(turned: Turned) -> Told:
    identity = "" if turned.mismatch is None else turned.mismatch.id
    fault = f" ({identity})" if identity else ""
    cases = f"{plural(turned.cases, 'case')}, such as {clean(turned.example)}"
    return Told(f"{_question(turned.question)}{fault}: {cases}", identity)


def _fault(mismatch: Mismatch) -> Told:
    return Told(f"{headline(mismatch)} ({mismatch.id}), on {clean(mismatch.case)}", mismatch.id)


def _silenced_line(silenced: Silenced) -> str:
    where = f"{plural(silenced.cases, 'case')}, such as {clean(silenced.example)}"
    return f"{_question(silenced.question)}: {where}: {clean(silenced.reason)}"


def _layer_line(turn: LayerTurn) -> str:
    row = turn.after or turn.before
    assert row is not None
    asked = f"{clean(row.name)} of {clean(turn.candidate)}"
    return f"{asked}: {'not asked' if turn.after is None else clean(turn.after.told)}"


def _declaration_line(declaration: Declaration) -> str:
    whose = f"{clean(declaration.whose)}: " if declaration.whose else ""
    return f"{whose}{clean(declaration.name)}: {_value(declaration.before)} -> {_value(declaration.after)}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(clean(str(each)) for each in value) or "none"
    return "none" if value in (None, "") else clean(str(value))
