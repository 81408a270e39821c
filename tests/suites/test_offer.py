"""What a candidate offers is found by asking, and what it declines is on record."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.passes import Pass
from convoracle.oracle.verdict import Outcome
from convoracle.suites.in_process import InProcess
from convoracle.suites.offer import offered
from convoracle.suites.strategies import SETTINGS, Space


def plain_conv2d(x, w, stride):
    raise AssertionError("an honest error is no refusal to support")


def any_rank(x, w, bias, stride, padding, dilation, groups):
    if x.dtype == np.float16:
        raise NotImplementedError("float16 is for tomorrow")
    return x


def nothing(x, w):
    raise NotImplementedError("later")


_SAID = SETTINGS - {"unequal padding", "padding mode", "transposed", "output padding"}
"""What a function can be told by stride, padding, dilation, groups and bias."""


@pytest.mark.parametrize(
    ("candidate", "ranks", "dtypes", "settings"),
    [
        (plain_conv2d, (2,), Space().dtypes, {"stride", "degenerate", "layout"}),
        (any_rank, (1, 2, 3), ("float32", "float64", "bfloat16"), _SAID),
    ],
)
def test_cases_are_drawn_where_the_candidate_answers(candidate, ranks, dtypes, settings) -> None:
    space, declined = offered(InProcess(candidate), Space(), [Pass.FORWARD])
    assert (space.ranks, space.dtypes, space.settings) == (ranks, dtypes, settings)
    assert declined
    assert all(r.verdict.outcome is Outcome.UNSUPPORTED for record in declined for r in record.results)
    assert len({record.case for record in declined}) == len(declined)


def test_all_is_drawn_for_one_that_takes_the_geometry() -> None:
    def forward(input, weight, bias, geometry):
        return input

    assert offered(InProcess(forward), Space(), [Pass.FORWARD]) == (Space(), [])


def test_one_that_declines_everything_is_asked_the_plainest_cases() -> None:
    space, _ = offered(InProcess(nothing), Space(), [Pass.FORWARD])
    assert space == Space(settings=frozenset())
