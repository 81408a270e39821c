"""Every pass on normal data beside PyTorch's in float32 or float64, compared with the defaults of a library."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from typing import Any

import numpy as np
import torch

from convoracle.oracle.faults import Implementation
from convoracle.oracle.numbers.dtypes import COMPONENTS
from convoracle.oracle.operands.data import Case, real_operands
from convoracle.oracle.problem.layouts import EXPANDED, arrange
from convoracle.oracle.problem.passes import Array, Operands, Pass, is_defined, shape_of
from convoracle.suites.candidates.loading.source import load

from . import Trial

Comparison = Callable[[Array, Array], None]
"""Raises AssertionError where the two are not close."""

_COMPLEX = {"float32": "complex64", "float64": "complex128"}


def with_torch(actual: Array, expected: Array) -> None:
    torch.testing.assert_close(_tensor(actual), _tensor(expected), check_dtype=False)


def with_numpy(actual: Array, expected: Array) -> None:
    wide = np.complex128 if actual.dtype.kind == "c" else np.float64
    np.testing.assert_allclose(actual.astype(wide), expected.astype(wide))


def _tensor(array: Array) -> torch.Tensor:
    dtype = getattr(torch, array.dtype.name.replace("float8_e4m3fn", "float32").replace("float8_e5m2", "float32"))
    plain = array.astype(np.float32) if array.dtype.kind == "V" else array
    return torch.from_numpy(np.ascontiguousarray(plain)).to(dtype)


COMPARISONS: dict[str, Comparison] = {"with_torch": with_torch, "with_numpy": with_numpy}


def trials(comparison: str, reference: str, stream: Sequence[Case]) -> Iterator[Trial]:
    """One trial for each case of which the reference knows something."""
    torch.backends.mkldnn.set_flags(False)
    known = load("torch")
    for case in stream:
        dtype = _COMPLEX[reference] if case.dtype in COMPONENTS else reference
        if known.limitation(Pass.FORWARD, case.geometry, dtype, case.bias) is None:
            yield Trial(case.dtype, partial(_alarms, COMPARISONS[comparison], known, dtype, case))


def _alarms(compare: Comparison, known: Any, dtype: str, case: Case, implementation: Implementation) -> bool:
    operands = real_operands(replace(case, fill="normal"))
    exactly = operands.map(lambda array: array.astype(dtype))
    given = arranged(operands, case)
    for pass_ in (pass_ for pass_ in Pass if is_defined(pass_, case.dtype) and pass_ in known.passes):
        try:
            expected = known.run(pass_, exactly.of(pass_), case.geometry)
        except RuntimeError:  # PyTorch refuses the pass, as that of a degenerate convolution
            continue
        try:
            compare(implementation(pass_, given.of(pass_), case.geometry), expected)
        except (AssertionError, ValueError, ArithmeticError, LookupError):
            return True
    return False


def arranged(operands: Operands, case: Case) -> Operands:
    """The operands laid in memory as the case says; the same arrays for every pass, as a caller has them."""
    arrays: dict[str, Any] = {
        name: np.broadcast_to(array, shape_of(name, case.geometry))
        if case.layout == EXPANDED
        else arrange(array, case.layout)
        for name, array in operands.arrays().items()
    }
    return replace(operands, **arrays)
