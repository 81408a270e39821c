"""Mismatches that were met in several parts of a run, which know nothing of each other: which of them are one fault.

What is kept follows from the set of all, in whatever order, and however often, they are put together.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from ...oracle.judging.verdict import Outcome
from .native_frames import ending
from .record import Mismatch


@dataclass(frozen=True, slots=True)
class Instance:
    """A mismatch, as far as it can be told from others.

    Parameters
    ----------
    id, candidate : str
    part : int
    check, subject : str
    outcome : Outcome
    cause : str
        Of a crash with the function, where that is known.
    needs : tuple of str
        Features that its case has, without which it was not seen.
    """

    id: str
    candidate: str
    part: int
    check: str
    subject: str
    outcome: Outcome
    cause: str
    needs: tuple[str, ...]

    @property
    def shows(self) -> tuple[str, str, str, Outcome, str]:
        """Whose it is and how it shows."""
        return self.candidate, self.check, self.subject, self.outcome, self.cause

    @property
    def rank(self) -> tuple[int, int, list[tuple[int, str]]]:
        """The plainest one has the lowest, and of those the one that was met first."""
        return len(self.needs), self.part, natural(self.id)


def instance_of(mismatch: Mismatch) -> Instance | None:
    """What a mismatch is told from others by; None of one whose result depends on earlier calls, which is no other."""
    if mismatch.history or mismatch.after:
        return None
    verdict = mismatch.verdict
    return Instance(
        mismatch.id, mismatch.candidate, mismatch.part, mismatch.check, mismatch.subject, verdict.outcome,
        ending(verdict), mismatch.needs,
    )  # fmt: skip


def kept_for(instances: Iterable[Instance]) -> dict[str, str]:
    """For each that is the same as a plainer one of another part, the id of the one that is kept.

    As within a part, what shows alike and needs all that another needs is an instance of that. Within a part they
    were told apart by more than is known here.
    """
    alike: defaultdict[object, list[Instance]] = defaultdict(list)
    for instance in instances:
        alike[instance.shows].append(instance)
    found: dict[str, str] = {}
    for group in alike.values():
        group.sort(key=lambda each: each.rank)
        for place, instance in enumerate(group):
            plainer = (
                each.id
                for each in group[:place]
                if each.part != instance.part and set(each.needs) <= set(instance.needs)
            )
            first = next(plainer, None)
            if first is not None:
                found[instance.id] = found.get(first, first)
    return found


def natural(name: str) -> list[tuple[int, str]]:
    """Sorts x-2 before x-10."""
    return [(int(part), "") if part.isdecimal() else (-1, part) for part in re.split(r"([0-9]+)", name)]
