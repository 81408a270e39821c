"""Tensors of other libraries are certified where they lie as NumPy's are: the same certificates, the same errors."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.certifying import held as module
from convoracle.oracle.certifying.certificate import certify
from convoracle.oracle.certifying.held import Held
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.operands.data import Case, lattice_operands, parse_case
from convoracle.oracle.problem.passes import OF_IMAGES, Operands, Pass
from convoracle.suites.candidates.device import held
from convoracle.suites.strategies import conv_cases

from .layers import largest, right

torch = pytest.importorskip("torch")
CASES = [
    parse_case("n3c4k6i7x6f3x2s2x1p1x0g2/bias/float32/uniform/5"),
    parse_case("n1c4k6i17x6f3x2s2x1p1x0g2/bias/float32/uniform/5"),
    parse_case("n30c4k6i5x4f3x2s2x1p1x0g2to1x0/bias/float32/uniform/5"),
]


def images_of(operands: Operands) -> dict[str, Held]:
    return {name: held(torch.from_numpy(each)) for name, each in operands.arrays().items() if name in OF_IMAGES}


def seen(pass_: Pass, operands: Operands, case: Case) -> Callable[[Any], Any]:
    return partial(certify, pass_, operands, geometry=case.geometry, largest_sum=largest(case))


@given(
    conv_cases(ranks=(1, 2, 3), dtypes=("float32", "float64")), st.sampled_from(list(Pass)), st.sampled_from([1, 99])
)
def test_right_results_are_certified(case: Case, pass_: Pass, at_a_time: int) -> None:
    operands = lattice_operands(case)
    result = right(pass_, operands, case)
    look = seen(pass_, operands, case)
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(module, "_MOST_ELEMENTS", at_a_time)
        on_device = partial(look, held=images_of(operands))(held(torch.from_numpy(result)))
    assert on_device.holds
    assert on_device == look(result)


@pytest.mark.parametrize("case", CASES, ids=str)
@pytest.mark.parametrize("pass_", [Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.UPDATE], ids=str)
def test_what_is_wrong_is_found_and_told_the_same(pass_: Pass, case: Case) -> None:
    operands = lattice_operands(case)
    result, look = right(pass_, operands, case), seen(pass_, operands, case)
    rng = np.random.default_rng(0)
    for off in (1, 1, 1, 0.25, 2.0**26, np.nan, np.inf):
        index = tuple(map(int, rng.integers(result.shape)))
        wrong = result.copy()
        wrong[index] += off
        found = partial(look, held=images_of(operands))(held(torch.from_numpy(wrong)))
        assert str(found) == str(look(wrong))  # NaN is not equal to itself
        assert found.wrong is not None
        assert found.wrong.index == index


def test_a_wrong_operand_on_the_device_is_what_is_judged_there() -> None:
    """They are read, not those of NumPy."""
    case = CASES[0]
    operands = lattice_operands(case)
    other = images_of(operands) | {"input": held(torch.from_numpy(operands.input + 1))}
    result = held(torch.from_numpy(right(Pass.FORWARD, operands, case)))
    assert not partial(seen(Pass.FORWARD, operands, case), held=other)(result).holds


def test_narrow_formats_are_read_there_too() -> None:
    case = parse_case("n3c4k6i7x6f3x2s2x1p1x0g2/bfloat16/uniform/5")
    operands = lattice_operands(case)
    result = torch.from_numpy(right(Pass.FORWARD, operands, case).astype(np.float32)).to(torch.bfloat16)
    assert seen(Pass.FORWARD, operands, case)(held(result)).holds
    result[2, 1, 0, 3] += 1
    wrong = seen(Pass.FORWARD, operands, case)(held(result)).wrong
    assert wrong is not None
    assert wrong.index == (2, 1, 0, 3)


def test_a_library_that_makes_no_float64_is_refused() -> None:
    """As JAX, unless it is told to."""
    case = CASES[0]
    operands = lattice_operands(case)
    narrow = SimpleNamespace(
        float64=torch.float64, asarray=lambda array, **_: torch.asarray(array, dtype=torch.float32)
    )
    result = replace(held(torch.from_numpy(right(Pass.FORWARD, operands, case))), namespace=narrow)
    with pytest.raises(InvalidArgument, match=r"held\.dtype='torch.float32', but should be made in float64"):
        seen(Pass.FORWARD, operands, case)(result)
