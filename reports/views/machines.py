"""On which machines a cause was met, in a sentence, where it was not met on all that were asked the same."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ..records.machine_kinds import MachineKind, sides
from ..records.record import Mismatch
from .wording import clean, plural

_MOST_NAMED = 3


def machines_sentence(mismatches: Iterable[Mismatch], kinds: Iterable[MachineKind]) -> str:
    """``Met with avx512_bf16 (3 of 120 results), not without (0 of 118).``; empty where there is nothing to say."""
    found = sides(mismatches, kinds)
    if found is None:
        return ""
    if found.having:
        where = f"with {_named(found.having)}", "without"
    elif found.lacking:
        where = f"without {_named(found.lacking)}", "with"
    else:
        where = "on some machines", "on those with other instruction sets"
    chance = ", which may be chance" if found.may_be_chance else ""
    shown = f"{found.shown:,} of {plural(found.asked, 'result')}"
    return f"Met {where[0]} ({shown}), not {where[1]} (0 of {found.others:,}){chance}."


def _named(names: Sequence[str]) -> str:
    told = ", ".join(map(clean, names[:_MOST_NAMED]))
    return told if len(names) <= _MOST_NAMED else f"{told} and {len(names) - _MOST_NAMED} more"
