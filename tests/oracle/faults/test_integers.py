"""Right for small integers of eight bits only: sums and signs that do not fit, by hand."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from convoracle.oracle.faults import fault_named
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Array, Pass


@pytest.mark.parametrize(
    ("name", "text", "input", "weight", "right", "wrong"),
    [
        ("integers-saturate", "n1c1k1i3f1", [127, -128, 1], [127], [16129, -16256, 127], [127, -128, 127]),
        ("pairs-saturate-in-int16", "n1c2k1i1f1", [127, 127], [127, 127], [32258], [255]),
        ("pairs-saturate-in-int16", "n1c2k1i1f1", [127, 127], [-128, -128], [-32512], [0]),
        ("pairs-saturate-in-int16", "n1c2k1i1f1", [127, -128], [127, 127], [-127], [-127]),
        ("pairs-saturate-in-int16", "n1c3k1i1f1", [127, 0, 127], [127, 0, 127], [32258], [32258]),
        # 128 is added to the input and its share taken off again: 2 * 128 * 127 fits, 2 * 255 * 127 does not.
        ("pairs-saturate-in-int16", "n1c4k2i1f2g2t", [0, 0, 127, 127], [127, 127, 127, 127, 1, 127, 1, 127],
         [0, 0, 254, 32258], [0, 0, 254, 255]),
        ("pairs-saturate-in-int16", "n1c4k1i1f1", [127] * 4, [127] * 4, [64516], [510]),
        ("pairs-saturate-in-int16", "n1c4k1i1f1t", [127] * 4, [127] * 4, [64516], [510]),
        ("lowest-integer-not-negated", "n1c1k1i2f1", [-3, 3], [-128], [384, -384], [-384, -384]),
        ("lowest-integer-not-negated", "n1c1k1i1f1", [-128], [-127], [16256], [16256]),
    ],
)  # fmt: skip
def test_the_output(
    name: str,
    text: str,
    input: list[int],
    weight: list[int],
    right: list[int],
    wrong: list[int],
    result_of: Callable[..., Array],
) -> None:
    for model, output in ((None, right), (name, wrong)):
        found = result_of(model, Pass.FORWARD, text, "int8", input=input, weight=weight)
        assert (found.dtype, found.ravel().tolist()) == (np.int32, output)
        floats = result_of(model, Pass.FORWARD, text, "float32", input=input, weight=weight)
        assert floats.ravel().tolist() == right


def test_the_sign_that_is_lost_is_that_of_the_second_factor(result_of: Callable[..., Array]) -> None:
    given = {"output_gradient": [-3], "input": [-128], "weight": [-128]}
    for pass_ in (Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT):
        assert result_of(None, pass_, "n1c1k1i1f1", "int8", **given).item() == 384
        assert result_of("lowest-integer-not-negated", pass_, "n1c1k1i1f1", "int8", **given).item() == -384


@pytest.mark.parametrize(
    ("name", "pass_", "text", "shows"),
    [
        ("integers-saturate", Pass.INPUT_GRADIENT, "n1c1k1i1f1", True),
        ("integers-saturate", Pass.FORWARD, "n0c1k1i1f1", False),
        ("pairs-saturate-in-int16", Pass.FORWARD, "n1c2k1i1f1", True),
        ("pairs-saturate-in-int16", Pass.FORWARD, "n1c2k2i1f1g2", False),
        ("pairs-saturate-in-int16", Pass.INPUT_GRADIENT, "n1c2k1i1f1", False),
    ],
)
def test_where_it_can_make_a_difference(name: str, pass_: Pass, text: str, shows: bool) -> None:
    model = fault_named(name)
    assert model.shows(pass_, parse_geometry(text)) is shows
    assert model.needs.dtypes == ("int8",)
