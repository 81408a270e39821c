"""Whether the fields of a geometry, each of its kind, describe a convolution together, or an error that names one."""

from __future__ import annotations

from collections.abc import Mapping, Sized

from ..errors import InvalidArgument
from .arguments import WHERE
from .padding import PADDING_MODES, PaddingSides

MOST_AXES = 16
"""Arrays have two axes more, and three of the parts of complex numbers; NumPy's have 32 in all its versions."""

MOST_POSITIONS = 1 << 27
"""The longest list of positions on an axis, such as those that each output reads through each tap: it takes 1 GiB."""


def check_positions(count: int, geometry: object) -> None:
    """Refuse to lay out very many positions."""
    if count > MOST_POSITIONS:
        requirement = f"should have at most {MOST_POSITIONS} positions to lay out, not {count}"
        raise InvalidArgument("geometry", str(geometry), requirement, where=WHERE)


def check_ranks(size: tuple[int, ...], others: Mapping[str, Sized]) -> None:
    """Refuse a size without axes, or with very many, and other fields that have not an entry for each of them."""
    if not 1 <= len(size) <= MOST_AXES:
        raise InvalidArgument("size", size, f"should have at least one axis, and at most {MOST_AXES}", where=WHERE)
    for name, value in others.items():
        if len(value) != len(size):
            requirement = f"should have {len(size)} entries, one for each axis of size={size}"
            raise InvalidArgument(name, value, requirement, where=WHERE)


def check_groups(groups: int, channels: Mapping[str, int]) -> None:
    """Refuse groups that do not divide the channels."""
    for name, count in channels.items():
        if count % groups:
            requirement = f"should divide {name}={count}: {count} % {groups} = {count % groups}"
            raise InvalidArgument("groups", groups, requirement, where=WHERE)


def check_padding_mode(mode: str, size: tuple[int, ...], padding: tuple[PaddingSides, ...]) -> None:
    """Refuse a mode that there is not, and padding that would repeat more than it can."""
    if mode not in PADDING_MODES:
        raise InvalidArgument("padding_mode", mode, f"should be one of {', '.join(PADDING_MODES)}", where=WHERE)
    for axis, (length, sides) in enumerate(zip(size, padding, strict=True)):
        most = PADDING_MODES[mode].most(length)
        if most is not None and max(sides) > most:
            requirement = f"should be at most {most} for padding_mode={mode!r} and size {length}"
            raise InvalidArgument(f"padding[{axis}]", sides, requirement, where=WHERE)


def check_transposed(
    transposed: object,
    padding_mode: str,
    stride: tuple[int, ...],
    dilation: tuple[int, ...],
    output_padding: tuple[int, ...],
    unread: tuple[int, ...],
) -> None:
    """Refuse what only a transposed convolution may have of another, and the other way round."""
    if not isinstance(transposed, bool):
        raise InvalidArgument("transposed", transposed, "should be True or False", where=WHERE)
    if not transposed:
        if any(output_padding):
            requirement = "should be zero unless the convolution is transposed"
            raise InvalidArgument("output_padding", output_padding, requirement, where=WHERE)
        return
    if padding_mode != "zeros":
        requirement = "should be 'zeros' for a transposed convolution, which cuts its padding off"
        raise InvalidArgument("padding_mode", padding_mode, requirement, where=WHERE)
    if any(unread):
        raise InvalidArgument("unread", unread, "should be zero where the convolution is transposed", where=WHERE)
    for axis, (extra, s, d) in enumerate(zip(output_padding, stride, dilation, strict=True)):
        if extra >= max(s, d):
            requirement = f"should be below the stride, {s}, or below the dilation, {d}"
            raise InvalidArgument(f"output_padding[{axis}]", extra, requirement, where=WHERE)
