"""What a result may be on numbers of one's own: the exact one, and the error that rounding explains."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ...oracle.errors import InvalidArgument
from ...oracle.numbers.dtypes import DTYPES, Arithmetic
from ...oracle.operands.data import Case, Numbers
from ...oracle.problem.geometry import ConvGeometry, parse_geometry
from ...oracle.problem.passes import ARRAYS, Array, Operands, Pass, present_products, shape_of
from .value import Standard, solve, standard

_WHERE = "bound"


def own_standard(
    pass_: str | Pass,
    arrays: Mapping[str, Array],
    *,
    geometry: ConvGeometry | str | None = None,
    settings: Mapping[str, object],
    accumulator: str | None = None,
    multiplier: str | None = None,
    result: str | None = None,
    learning_rate: float = 0.5,
) -> Standard:
    """What the result of a pass on these operands is held to.

    Parameters
    ----------
    pass_ : Pass or str
    arrays : mapping of str to ndarray
        Operands by name: of one dtype, of the shapes that `geometry` gives. Those that the pass does not read may be
        left out.
    geometry : ConvGeometry or str, optional
        Left out, it follows from input, weight and `settings`.
    settings : mapping of str to object
        Of `ConvGeometry.of`, beside sizes and channels: ``stride``, ``padding`` and so on.
    accumulator, multiplier, result : str, optional
        As a candidate declares them: ``accumulator="float32"`` of float16 that is summed in float32.
    learning_rate : float
        Of the update.

    Raises
    ------
    InvalidArgument
        If an argument is not one of those possible, an operand that the pass reads is left out, a shape does not fit,
        or an operand is NaN or infinite.
    """
    known = _pass(pass_)
    unknown = next((name for name in arrays if name not in ARRAYS), None)
    if unknown is not None:
        raise InvalidArgument("operand", unknown, f"should be one of {', '.join(ARRAYS)}", where=_WHERE)
    if not arrays:
        raise InvalidArgument("operands", "none", "should be arrays by name, such as input=x, weight=w", where=_WHERE)
    given = {name: np.asarray(array) for name, array in arrays.items()}
    dtype = next(iter(given.values())).dtype
    if dtype.name not in DTYPES:
        raise InvalidArgument("dtype", dtype.name, f"should be one of {', '.join(DTYPES)}", where=_WHERE)
    problem = _geometry(geometry, given, settings)
    _require_read(known, problem, given)
    needed = ("input", "weight", "output_gradient")
    filled = {name: np.zeros(shape_of(name, problem), dtype) for name in needed if name not in given}
    chosen: dict[str, Any] = {"bias": None, **filled, **given}
    operands = Operands(**chosen, learning_rate=learning_rate)
    _require_finite(given)
    arithmetic = Arithmetic.of(dtype.name, accumulator, multiplier=multiplier, result=result)
    exact = solve(Numbers.REALS, known, operands, problem)
    case = Case(problem, "bias" in given, dtype.name, "uniform", 0)
    return standard(Numbers.REALS, known, operands, exact, arithmetic, case)


def _pass(pass_: str | Pass) -> Pass:
    names = [each.value for each in Pass]
    if str(pass_) not in names:
        raise InvalidArgument("pass_", pass_, f"should be one of {', '.join(names)}", where=_WHERE)
    return Pass(str(pass_))


def _geometry(
    geometry: ConvGeometry | str | None, given: Mapping[str, Array], settings: Mapping[str, object]
) -> ConvGeometry:
    if geometry is not None:
        if settings:
            name, value = next(iter(settings.items()))
            raise InvalidArgument(name, value, "should be left out: `geometry` says it", where=_WHERE)
        return parse_geometry(geometry) if isinstance(geometry, str) else geometry
    missing = next((name for name in ("input", "weight") if name not in given), None)
    if missing is not None:
        raise InvalidArgument(missing, None, "should be given, or else `geometry`", where=_WHERE)
    for name in ("input", "weight"):
        if given[name].ndim < 3:
            requirement = "should have images, or filters, channels and at least one spatial axis"
            raise InvalidArgument(f"{name}.shape", given[name].shape, requirement, where=_WHERE)
    input, weight = given["input"], given["weight"]
    groups = settings.get("groups", 1)
    if not isinstance(groups, int):
        raise InvalidArgument("groups", groups, "should be an integer", where=_WHERE)
    outputs = weight.shape[1] * groups if settings.get("transposed") else weight.shape[0]
    return ConvGeometry.of(
        size=input.shape[2:],
        kernel=weight.shape[2:],
        batch=input.shape[0],
        in_channels=input.shape[1],
        out_channels=outputs,
        **settings,  # type: ignore[arg-type]
    )


def _require_read(pass_: Pass, geometry: ConvGeometry, given: Mapping[str, Array]) -> None:
    read = {name for part in present_products(pass_, geometry, given) for name in (part.left, part.right)}
    read |= {Pass.UPDATE: {"weight"}, Pass.BIAS_GRADIENT: {"output_gradient"}}.get(pass_, set())
    missing = next((name for name in ARRAYS if name in read - set(given)), None)
    if missing is not None:
        raise InvalidArgument(missing, None, f"should be an array for the pass {pass_}", where=_WHERE)


def _require_finite(given: Mapping[str, Array]) -> None:
    for name, array in given.items():
        if array.dtype.kind not in "iu" and not np.isfinite(array).all():
            raise InvalidArgument(name, "an array with NaN or Inf", "should be finite", where=_WHERE)
