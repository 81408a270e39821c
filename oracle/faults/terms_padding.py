"""Padding of the wrong size, on the wrong side or axis, or in the wrong mode."""

from __future__ import annotations

from collections.abc import Callable

from ..problem.geometry import ConvGeometry
from ..problem.padding import SAME_PADDINGS, PaddingSides, named_sides
from ..problem.passes import INPUT_GRADIENTS
from .model import Misreading
from .planting import altered, wrong_geometry


def _with_sides(change: Callable[[ConvGeometry], tuple[PaddingSides, ...]]) -> Misreading:
    return lambda geometry: altered(geometry, padding=change(geometry))


def _each(change: Callable[[int, int], PaddingSides]) -> Misreading:
    return _with_sides(lambda geometry: tuple(change(low, high) for low, high in geometry.padding))


def _same_on_the_other_side(geometry: ConvGeometry) -> tuple[PaddingSides, ...]:
    """The sides exchanged on every axis whose padding is SAME's."""
    known = zip(*(_same(name, geometry, geometry.size) for name in SAME_PADDINGS), strict=True)
    axes = zip(geometry.padding, known, strict=True)
    return tuple(sides[::-1] if sides in same else sides for sides, same in axes)


def _even_kernels_shifted(geometry: ConvGeometry) -> tuple[PaddingSides, ...]:
    return tuple(
        (low - 1, high + 1) if kernel % 2 == 0 and low else (low, high)
        for kernel, (low, high) in zip(geometry.kernel, geometry.padding, strict=True)
    )


def _not_complemented(geometry: ConvGeometry) -> tuple[PaddingSides, ...]:
    axes = zip(geometry.span, geometry.padding, strict=True)
    return tuple((max(span - low, 0), high) for span, (low, high) in axes)


def _dilated(geometry: ConvGeometry) -> tuple[PaddingSides, ...]:
    return tuple((low * d, high * d) for d, (low, high) in zip(geometry.dilation, geometry.padding, strict=True))


def _same_from_the_first_size(geometry: ConvGeometry) -> tuple[PaddingSides, ...]:
    """SAME padding, where all axes have it and some are padded, as if each were as long as the first."""
    names = (name for name in SAME_PADDINGS if _same(name, geometry, geometry.size) == geometry.padding)
    name = next(names, None)
    if name is None or not any(map(any, geometry.padding)):
        return geometry.padding
    return _same(name, geometry, geometry.size[:1] * geometry.rank)


def _same(name: str, geometry: ConvGeometry, size: tuple[int, ...]) -> tuple[PaddingSides, ...]:
    padded = tuple(i * s for i, s in zip(size, geometry.stride, strict=True)) if geometry.transposed else size
    return named_sides(name, padded, geometry.kernel, geometry.stride, geometry.dilation)


MODELS = (
    wrong_geometry(
        "padding-axes-exchanged",
        "the paddings of the spatial axes were exchanged",
        "Height and width, or a list in the opposite order, are confused. Look at the order in which the padding's "
        "numbers are taken.",
        _with_sides(lambda geometry: geometry.padding[::-1]),
    ),
    wrong_geometry(
        "first-padding-on-all-axes",
        "the first axis's padding held for all axes",
        "Only the padding of the height is computed, or read, and the width gets the same. Look at where the padding "
        "of the other axes comes from.",
        _with_sides(lambda geometry: geometry.padding[:1] * geometry.rank),
    ),
    wrong_geometry(
        "same-padding-from-the-first-size",
        "SAME padding of every axis were computed from the size of the first",
        "The padding of the width is computed from the height. Look at the size that each axis's padding is computed "
        "from.",
        _with_sides(_same_from_the_first_size),
    ),
    wrong_geometry(
        "padding-dilated",
        "the padding were multiplied by the dilation",
        "Padding that is meant for the taps of a plain kernel is stretched with the kernel, or the dilation is applied "
        "to a position that has its padding already. Look at what the dilation multiplies.",
        _with_sides(_dilated),
    ),
    wrong_geometry(
        "padding-sides-exchanged",
        "low and high padding were exchanged",
        "The padding is laid after the data where it belongs before them. Look at the sign and the side of the offset "
        "that the padding adds to a position.",
        _each(lambda low, high: (high, low)),
    ),
    wrong_geometry(
        "same-odd-element-on-the-other-side",
        "SAME padding had its odd element on the other side",
        "SAME_UPPER and SAME_LOWER, or the conventions of two frameworks, are confused. Look at which half is "
        "rounded down when the whole padding is divided by two.",
        _with_sides(_same_on_the_other_side),
    ),
    wrong_geometry(
        "low-padding-on-both-sides",
        "the low padding were used on both sides",
        "Only one number per axis reaches the kernel. Look at where four (low, high) numbers become two.",
        _each(lambda low, high: (low, low)),
    ),
    wrong_geometry(
        "high-padding-on-both-sides",
        "the high padding were used on both sides",
        "Only one number per axis reaches the kernel, and it is the last. Look at where four (low, high) numbers "
        "become two.",
        _each(lambda low, high: (high, high)),
    ),
    wrong_geometry(
        "padding-shared-evenly",
        "the padding were shared evenly between the two sides",
        "The whole padding of an axis is divided by two, whatever its sides are. Look at where the padding is halved.",
        _each(lambda low, high: ((low + high) // 2, low + high - (low + high) // 2)),
    ),
    wrong_geometry(
        "padding-ignored",
        "there were no padding",
        "The padding does not reach the loops: windows start at the first element. Look at the offset that is "
        "subtracted from a position.",
        _each(lambda low, high: (0, 0)),
    ),
    wrong_geometry(
        "even-kernel-off-centre",
        "kernels of even length were centred one element further on",
        "The padding is computed from the kernel's centre, which an even length does not have. Look at divisions of "
        "the kernel's length by two.",
        _with_sides(_even_kernels_shifted),
    ),
    wrong_geometry(
        "padding-not-complemented",
        "the input gradient were padded like the forward pass",
        "The correlation that computes the input gradient needs d (R - 1) - p zeros before the output gradient, not p. "
        "Look at the padding of the input gradient's correlation.",
        _with_sides(_not_complemented),
        INPUT_GRADIENTS,
    ),
    wrong_geometry(
        "padding-mode-ignored",
        "the padding were zeros",
        "The padding mode does not reach this pass. Look at what is read where a window leaves the input.",
        lambda geometry: altered(geometry, padding_mode="zeros"),
    ),
)
