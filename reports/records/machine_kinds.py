"""Kinds of machines of a run, by their instruction sets: what each of them was asked, and which faults it met."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from .compared import Compared, dtype_of
from .record import Mismatch

MAY_BE_CHANCE = 0.05
"""Where it is likelier than this that all results which show a fault are of one side, although either side shows it."""


@dataclass(frozen=True, slots=True)
class MachineKind:
    """Machines with the same instruction sets.

    Parameters
    ----------
    instructions : frozenset of str
    asked : mapping of (candidate, pass, dtype) to int
        How many cases.
    shown : mapping of str to int
        How many cases showed a mismatch, by its id.
    """

    instructions: frozenset[str]
    asked: Mapping[tuple[str, str, str], int]
    shown: Mapping[str, int]

    def told_as(self, names: Mapping[str, str]) -> MachineKind:
        """The same, with the mismatches of some ids told as others."""
        shown: Counter[str] = Counter()
        for identity, count in self.shown.items():
            shown[names.get(identity, identity)] += count
        return replace(self, shown=shown)

    def __add__(self, other: MachineKind) -> MachineKind:
        asked, shown = Counter(self.asked) + Counter(other.asked), Counter(self.shown) + Counter(other.shown)
        return MachineKind(self.instructions, asked, shown)


def kind_of_machine(instructions: str, comparison: Compared, faults: Mapping[str, int]) -> MachineKind:
    """Machines with these instruction sets, between which there are spaces, with what they were asked and met."""
    asked = {(share.candidate, share.subject, share.dtype): share.asked for share in comparison.shares if share.asked}
    return MachineKind(frozenset(instructions.split()), asked, faults)


@dataclass(frozen=True, slots=True)
class Sides:
    """The machines that met some mismatches, and those that were asked the same and met none of them.

    Parameters
    ----------
    having, lacking : tuple of str
        Instruction sets that all who met them have and none of the others, and that all others have and none of them.
    shown, asked : int
        Results of those who met them: that showed one, and all of the same passes.
    others : int
        Results of the others, of the same passes.
    """

    having: tuple[str, ...]
    lacking: tuple[str, ...]
    shown: int
    asked: int
    others: int

    @property
    def may_be_chance(self) -> bool:
        """Whether it would be no wonder if the results that show a fault were all among those of one side."""
        shown = min(self.shown, self.asked)
        here, anywhere = (_log_choices(cases, shown) for cases in (self.asked, self.asked + self.others))
        return here - anywhere > math.log(MAY_BE_CHANCE)


def sides(mismatches: Iterable[Mismatch], kinds: Iterable[MachineKind]) -> Sides | None:
    """Who met some of these mismatches, and who did not although asked; None where all did who were asked."""
    members = tuple(mismatches)
    questions = {(each.candidate, each.subject, dtype_of(each.case)) for each in members}
    kinds = [kind for kind in kinds if questions & kind.asked.keys()]
    met = [kind for kind in kinds if any(kind.shown.get(each.id) for each in members)]
    others = [kind for kind in kinds if kind not in met]
    if not met or not others:
        return None
    having = frozenset.intersection(*(kind.instructions for kind in met))
    lacking = frozenset.intersection(*(kind.instructions for kind in others))
    return Sides(
        tuple(sorted(having.difference(*(kind.instructions for kind in others)))),
        tuple(sorted(lacking.difference(*(kind.instructions for kind in met)))),
        sum(kind.shown.get(each.id, 0) for kind in met for each in members),
        _results(met, members),
        _results(others, members),
    )


def _log_choices(many: int, few: int) -> float:
    """Logarithm of the number of ways to choose few of many."""
    return math.lgamma(many + 1) - math.lgamma(few + 1) - math.lgamma(many - few + 1)


def _results(kinds: Iterable[MachineKind], members: Iterable[Mismatch]) -> int:
    passes = {(each.candidate, each.subject) for each in members}
    return sum(count for kind in kinds for (*asked, _), count in kind.asked.items() if tuple(asked) in passes)
