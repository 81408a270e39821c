"""What differs between two runs, as text: what is worse first."""

from __future__ import annotations

from collections.abc import Iterator

from ..records.record import Mismatch
from .difference import Declaration, Difference, Question, Silenced, Turned
from .wording import clean, headline, plural

_MOST_LINES = 12
"""Of one kind of difference; of the rest only the number is told."""


def difference_text(found: Difference) -> str:
    """A sentence that says whether the later run is worse, and a paragraph for each kind of difference."""
    kinds = (
        ("wrong, and right before", map(_turned_line, found.broken)),
        ("wrong, on cases that were not asked before, and unlike every earlier fault", map(_fault_line, found.new)),
        ("not compared any more", map(_silenced_line, found.silenced)),
        ("right, and wrong before", map(_turned_line, found.mended)),
        ("not seen any more, but on no case that was asked again", map(_fault_line, found.unseen)),
        ("candidates that came", map(clean, found.came)),
        ("candidates that are not compared any more", map(clean, found.went)),
        ("declared or installed otherwise", map(_declaration_line, found.declarations)),
    )
    return "\n".join((_conclusion(found), *(line for title, lines in kinds for line in _paragraph(title, [*lines]))))


def _conclusion(found: Difference) -> str:
    count = len(found.broken) + len(found.new)
    worse = f"{plural(count, 'fault is', 'faults are')} new" if count else "nothing is wrong that was not wrong before"
    known = f", {plural(len(found.known), 'fault is', 'faults are')} as before" if found.known else ""
    asked = plural(found.asked, "examination")
    return f"{worse}{known}; {asked}, {found.common:,} of them on cases that the earlier run has as well"


def _paragraph(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield f"\n{title}:"
        yield from (f"  {line}" for line in lines[:_MOST_LINES])
        if len(lines) > _MOST_LINES:
            yield f"  and {len(lines) - _MOST_LINES} more"


def _question(question: Question) -> str:
    return f"{clean(question.subject)} of {clean(question.candidate)}, {clean(question.check)}"


def _turned_line(turned: Turned) -> str:
    fault = "" if turned.mismatch is None else f" ({turned.mismatch.id})"
    return f"{_question(turned.question)}{fault}: {plural(turned.cases, 'case')}, such as {clean(turned.example)}"


def _fault_line(mismatch: Mismatch) -> str:
    return f"{headline(mismatch)} ({mismatch.id}), on {clean(mismatch.case)}"


def _silenced_line(silenced: Silenced) -> str:
    where = f"{plural(silenced.cases, 'case')}, such as {clean(silenced.example)}"
    return f"{_question(silenced.question)}: {where}: {clean(silenced.reason)}"


def _declaration_line(declaration: Declaration) -> str:
    whose = f"{clean(declaration.whose)}: " if declaration.whose else ""
    return f"{whose}{clean(declaration.name)}: {_value(declaration.before)} -> {_value(declaration.after)}"


def _value(value: object) -> str:
    if isinstance(value, tuple):
        return ", ".join(clean(str(each)) for each in value) or "none"
    return "none" if value in (None, "") else clean(str(value))
