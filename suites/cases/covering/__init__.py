"""Cases that together see every fault model in every pass in which it can show, so that no run leaves one to chance.

`cases.txt` has one such covering for each number of spatial axes; `choosing`
chose it among drawn cases.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from importlib.resources import files

from ....oracle.operands.data import Case, parse_case
from ....oracle.operands.vocabulary import Setting
from ....oracle.problem.layouts import CONTIGUOUS
from ..space import Space


def covering(space: Space) -> tuple[Case, ...]:
    """The covering of two axes, or of the fewest that the space has, as far as it lies in the space.

    There is none of more than three axes: the models that show there show on three.
    A case whose dtype the space lacks has its first one instead, and memory and bias
    are as the space allows; one with another setting that it lacks is left out.
    """
    rank = 2 if 2 in space.ranks else min(space.ranks)
    fitting = (_fitted(case, space) for case in shipped() if case.geometry.rank == rank)
    return tuple(dict.fromkeys(filter(space.allows, fitting)))


def _fitted(case: Case, space: Space) -> Case:
    return replace(
        case,
        dtype=case.dtype if case.dtype in space.dtypes else space.dtypes[0],
        bias=case.bias and "bias" in space.settings,
        layout=case.layout if Setting.LAYOUT in space.settings else CONTIGUOUS,
    )


@cache
def shipped() -> tuple[Case, ...]:
    """The cases of `cases.txt`, as they stand there."""
    text = files(__package__).joinpath("cases.txt").read_text()
    return tuple(parse_case(line) for line in text.splitlines())
