"""Whether two runs are the same but for when, where and how far they were made: then one goes on with the other."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from .record import CandidateInfo, RunInfo


def differences(first: RunInfo, second: RunInfo) -> tuple[str, ...]:
    """What they follow from and do not have in common, each in a sentence; what is not known is not the same."""
    if not (first.plan.facts and second.plan.facts):
        return ("of a run of an earlier version it is not known what its cases follow from",)
    return (*_of_facts(first, second), *_of_candidates(first, second))


def _of_facts(first: RunInfo, second: RunInfo) -> Iterator[str]:
    own, others = dict(first.plan.facts), dict(second.plan.facts)
    for name in dict.fromkeys((*own, *others)):
        if own.get(name) != others.get(name):
            yield f"{name}: {own.get(name, 'not said')!s}, not {others.get(name, 'not said')!s}"
    if first.plan.part_cases != second.plan.part_cases:
        yield f"cases of a part: {first.plan.part_cases}, not {second.plan.part_cases}"


def _of_candidates(first: RunInfo, second: RunInfo) -> Iterator[str]:
    own, others = ([each.name for each in info.candidates] for info in (first, second))
    if own != others:
        yield f"candidates: {', '.join(own) or 'none'}, not {', '.join(others) or 'none'}"
        return
    for one, other in zip(first.candidates, second.candidates, strict=True):
        if one.version != other.version:
            yield f"{one.name}: version {one.version or 'not said'}, not {other.version or 'not said'}"
        elif one.content != other.content:
            yield f"{one.name}: its file has changed"
        elif _as_declared(one) != _as_declared(other):
            yield f"{one.name}: it declares something else"


def _as_declared(candidate: CandidateInfo) -> CandidateInfo:
    """Without what follows from the machine."""
    return replace(candidate, source="", libraries=())
