"""Which cases to ship: few and plain ones that see every fault model in every pass in which it can show.

python -m convoracle.suites.audits.choosing > suites/cases/covering/cases.txt
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice

from ...oracle.faults import FAULT_MODELS, Kind
from ...oracle.numbers.dtypes import DTYPES
from ...oracle.operands.data import Case
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Pass
from ..cases.drawing import drawn
from ..cases.features import needs
from ..cases.space import BEST_RESOLVED_FILL, Space
from .planted import PlantedInProcess
from .power import can_show, powers, sees
from .sighting import Pair, keeps_shapes

_POOL = 250
_LARGER_POOL = 2000
"""For what none of the others sees."""
_MOST_PRODUCTS = 4000
_ALIGNED = 32
_PLAINNESS = 4
"""A case counts by the pairs of fault and pass that it adds, over this and its needs together."""
_ENOUGH_SIGHTINGS = {Kind.CONDUCT: 10}
_USUALLY_ENOUGH = 60
_REMEMBERING = tuple(model for model in FAULT_MODELS if model.needs.calls == "of another dtype")
"""Seen by two cases that differ in nothing else, by none alone."""


def chosen(rank: int) -> tuple[Case, ...]:
    """A covering of one number of spatial axes; none smaller is promised."""
    space = Space((rank,), DTYPES, _MOST_PRODUCTS)
    pool = tuple(islice(drawn(space, 0), _POOL))
    pairs = [
        (model, pass_) for model in FAULT_MODELS if model not in _REMEMBERING for pass_ in Pass if pass_ in model.passes
    ]
    seen, fitted = _sightings(pairs, pool)
    rare = [pair for pair in pairs if not any(pair in of_case for of_case in seen.values())]
    larger = islice(drawn(space, 1), _LARGER_POOL)
    more, fitted_more = _sightings(rare, [*larger, *_by_hand(rank)])
    seen |= more
    left = set[Pair]().union(*seen.values())
    for case, of_case in (fitted | fitted_more).items():
        seen[case] = seen.get(case, set()) | (of_case - left)
    left = left.union(*seen.values())
    picked: list[Case] = []
    while left:
        best = max(seen, key=lambda case: len(seen[case] & left) / (_PLAINNESS + len(needs(case))))
        left -= seen[best]
        picked.append(best)
    return (*picked, *_twice(pool, picked))


Sightings = dict[Case, set[Pair]]


def _sightings(pairs: Sequence[Pair], pool: Sequence[Case]) -> tuple[Sightings, Sightings]:
    """For each case the pairs that it sees as the first one asked: where all shapes stay, and where they would not."""
    seen: Sightings = {}
    fitted: Sightings = {}
    for model, pass_ in pairs:
        executor, count = PlantedInProcess(model), 0
        for case in pool if can_show(model, pass_, pool) else ():
            executor.restart()
            if sees(executor, model, pass_, case):
                kept = keeps_shapes(model, pass_, case.geometry)
                (seen if kept else fitted).setdefault(case, set()).add((model, pass_))
                count += kept
            if count == _ENOUGH_SIGHTINGS.get(model.kind, _USUALLY_ENOUGH):
                break
    return seen, fitted


def _by_hand(rank: int) -> Iterator[Case]:
    """What is hardly ever drawn: inputs and outputs in whole vectors of any usual length, and strides of which either
    leaves as many windows, so that exchanging them keeps all shapes."""
    ones = (1,) * rank
    aligned = ConvGeometry.of(in_channels=_ALIGNED, out_channels=_ALIGNED, size=ones, kernel=ones)
    exchangeable = ConvGeometry.of(size=(4,) * rank, kernel=ones, stride=(2, 3, 2)[:rank])
    for geometry in (aligned, exchangeable):
        yield Case(geometry, False, "float32", BEST_RESOLVED_FILL, 0)


def _twice(pool: Sequence[Case], picked: Sequence[Case]) -> tuple[Case, ...]:
    """The plainest case of another geometry, in two dtypes: for a dtype that is kept between calls."""
    taken = {case.geometry for case in picked}
    others = sorted((case for case in pool if case.geometry not in taken), key=lambda case: len(needs(case)))
    narrow = (replace(case, dtype="float32", fill=BEST_RESOLVED_FILL) for case in others)
    twice = ((case, replace(case, dtype="float64")) for case in narrow)
    return next(each for each in twice if all(power.first is not None for power in powers(each, _REMEMBERING)))


def main() -> None:
    """Print the coverings of every number of axes."""
    for rank in (1, 2, 3):
        print(f"choosing among cases of {rank} spatial axes", file=sys.stderr)
        print(*chosen(rank), sep="\n", flush=True)


if __name__ == "__main__":
    main()
