"""Vectors as ONNX backend tests: a folder for each, with model.onnx and test_data_set_0, as ONNX's own tests have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from ...oracle.operands.data import Numbers
from ...oracle.problem.passes import Array, Pass
from ..candidates import CandidateError, how_to_install
from ..checks.value import answer, operands_of
from .expectations import in_dtype
from .export import Progress
from .folder import whole_folder
from .selection import Choice, choices, none_left

_SIGN = "vectors.txt"


def export_onnx(folder: Path, progress: Progress = lambda done, total: None, *, only: Sequence[str] = ()) -> int:
    """Write the forward vectors of integers that ONNX has operators for, and return how many there are.

    Raises
    ------
    CandidateError
        If onnx is not installed.
    InvalidArgument
        If the folder holds anything but an earlier export, or `only` leaves nothing that ONNX can express.
    """
    try:
        from ..candidates.onnx import model as onnx_model
    except ModuleNotFoundError:
        raise CandidateError(f"ONNX folders need onnx, which is not installed: {how_to_install('onnx')}") from None
    chosen = [
        choice
        for choice in choices(only)
        if choice.numbers is Numbers.INTEGERS
        and choice.pass_ is Pass.FORWARD
        and not choice.case.geometry.is_degenerate
        and onnx_model.limitation(choice.case.geometry, choice.case.dtype) is None
    ]
    if not chosen:
        raise none_left(only, "should leave a forward pass of integers that ONNX has an operator for")
    with whole_folder(folder, _SIGN) as home:
        for done, choice in enumerate(chosen, start=1):
            case = choice.case
            model = onnx_model.model(case.geometry, case.dtype, bias=case.bias)
            _write(home / f"convoracle_{choice.id}", model.SerializeToString(), choice, onnx_model.serialized)
            progress(done, len(chosen))
        lines = (f"convoracle_{choice.id}\t{choice.case}\t{choice.comment}\n" for choice in chosen)
        (home / _SIGN).write_text("".join(lines), encoding="utf-8")
    return len(chosen)


def _write(home: Path, model: bytes, choice: Choice, serialized: Callable[[Array, str], bytes]) -> None:
    data = home / "test_data_set_0"
    data.mkdir(parents=True)
    (home / "model.onnx").write_bytes(model)
    operands = operands_of(choice.numbers, choice.case)
    names = ["input", "weight", *(["bias"] if choice.case.bias else [])]
    for number, name in enumerate(names):
        (data / f"input_{number}.pb").write_bytes(serialized(np.asarray(getattr(operands, name)), name))
    expected = answer(choice.numbers, choice.case, Pass.FORWARD).value.to_float64()
    (data / "output_0.pb").write_bytes(serialized(in_dtype(expected, choice.case.dtype), "output"))
