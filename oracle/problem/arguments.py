"""The arguments of a geometry as the integers they should be, or an error that names the one that is not."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Any

from ..errors import InvalidArgument
from .padding import NAMED_PADDINGS, PaddingSides, lacking, named_sides

WHERE = "ConvGeometry"


def is_scalar(value: object) -> bool:
    """Whether one value stands for every axis."""
    return not isinstance(value, Iterable)


def per_axis(value: object, rank: int) -> object:
    """A value for each of `rank` axes, from one that may stand for all of them."""
    return (value,) * rank if is_scalar(value) else value


def integer(name: str, value: object, minimum: int) -> int:
    """An integer of at least `minimum`, or the error that says so."""
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or isinstance(value, bool) or number < minimum:
        raise InvalidArgument(name, value, f"should be an integer of at least {minimum}", where=WHERE)
    return number


def integers(name: str, values: object, minimum: int) -> tuple[int, ...]:
    """A tuple of such integers, one for each axis."""
    if not isinstance(values, Iterable) or isinstance(values, (str, bytes)):
        raise InvalidArgument(name, values, "should be a tuple of integers, one for each axis", where=WHERE)
    entries = tuple(values)
    if _are_integers(entries, minimum):
        return entries
    return tuple(integer(f"{name}[{axis}]", value, minimum) for axis, value in enumerate(entries))


def _are_integers(entries: tuple[Any, ...], minimum: int) -> bool:
    """Whether they are such integers already, as those of a geometry are that another one is made of: told at once."""
    for entry in entries:  # noqa: SIM110 - a generator takes three times as long
        if type(entry) is not int or entry < minimum:
            return False
    return True


def padding_sides(padding: object) -> tuple[PaddingSides, ...]:
    """A tuple of (low, high) pairs, one for each axis."""
    if not isinstance(padding, Iterable):
        raise InvalidArgument("padding", padding, "should be a tuple of (low, high) pairs", where=WHERE)
    sides = []
    for axis, pair in enumerate(padding):
        if type(pair) is tuple and len(pair) == 2 and _are_integers(pair, 0):
            sides.append(pair)
            continue
        both = tuple(pair) if isinstance(pair, Iterable) and not isinstance(pair, (str, bytes)) else ()
        if len(both) != 2:
            raise InvalidArgument(f"padding[{axis}]", pair, "should be a (low, high) pair", where=WHERE)
        low, high = integers(f"padding[{axis}]", both, minimum=0)
        sides.append((low, high))
    return tuple(sides)


def on_every_axis(
    size: object,
    kernel: object,
    stride: object,
    padding: str | int | Iterable[int | Iterable[int]],
    dilation: object,
    output_padding: object,
    *,
    transposed: bool,
) -> dict[str, Any]:
    """The fields of a geometry that have an entry for each axis, by name, from scalars and named paddings."""
    sizes = integers("size", (size,) if is_scalar(size) else size, minimum=0)
    rank = len(sizes)
    kernels = integers("kernel", per_axis(kernel, rank), minimum=1)
    strides = integers("stride", per_axis(stride, rank), minimum=1)
    dilations = integers("dilation", per_axis(dilation, rank), minimum=1)
    extra = integers("output_padding", per_axis(output_padding, rank), minimum=0)
    sides: Any
    if isinstance(padding, str):
        sides, least = sides_by_name(padding, sizes, kernels, strides, dilations, transposed=transposed)
        extra = tuple(map(max, extra, least))
    elif is_scalar(padding):
        sides = ((padding, padding),) * rank
    else:
        sides = tuple((side, side) if is_scalar(side) else side for side in padding)  # type: ignore[union-attr]
    return {
        "size": sizes,
        "kernel": kernels,
        "stride": strides,
        "padding": sides,
        "dilation": dilations,
        "output_padding": extra,
    }


def sides_by_name(
    name: str,
    size: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    *,
    transposed: bool,
) -> tuple[tuple[PaddingSides, ...], tuple[int, ...]]:
    """The padding that a name stands for, and the least output padding with which the output has its size."""
    if name not in NAMED_PADDINGS:
        raise InvalidArgument("padding", name, f"should be one of {sorted(NAMED_PADDINGS)}", where=WHERE)
    nothing = (0,) * len(size)
    if not transposed:
        return named_sides(name, size, kernel, stride, dilation), nothing
    if name == "causal":
        requirement = "should be another name, or numbers, for a transposed convolution"
        raise InvalidArgument("padding", name, requirement, where=WHERE)
    sides = named_sides(name, tuple(map(operator.mul, size, stride)), kernel, stride, dilation)
    return sides, tuple(map(lacking, kernel, stride, dilation)) if name.startswith("same") else nothing
