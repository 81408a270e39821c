"""The text form of a geometry, ``n2c3k4i7x5f3x3s2x1p1x0+1``: written from its fields, and read back into them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from ..errors import InvalidArgument
from .padding import PaddingSides

_NUMBER = r"\d{1,12}"
_AXES = rf"{_NUMBER}(?:x{_NUMBER})*"
_SIDES = rf"{_NUMBER}(?:\+{_NUMBER})?"
_TEXT = re.compile(
    rf"n(?P<batch>{_NUMBER})c(?P<in_channels>{_NUMBER})k(?P<out_channels>{_NUMBER})i(?P<size>{_AXES})f(?P<kernel>{_AXES})"
    rf"(?:s(?P<stride>{_AXES}))?(?:p(?P<padding>{_SIDES}(?:x{_SIDES})*))?(?:d(?P<dilation>{_AXES}))?(?:g(?P<groups>{_NUMBER}))?"
    rf"(?:m(?P<padding_mode>[a-z]+))?(?P<transposed>t)?(?:o(?P<output_padding>{_AXES}))?",
    re.ASCII,
)


def write_fields(
    *,
    batch: int,
    in_channels: int,
    out_channels: int,
    size: tuple[int, ...],
    kernel: tuple[int, ...],
    stride: tuple[int, ...],
    padding: tuple[PaddingSides, ...],
    dilation: tuple[int, ...],
    groups: int,
    padding_mode: str,
    transposed: bool,
    output_padding: tuple[int, ...],
    unread: tuple[int, ...],
) -> str:
    """The text of a geometry with these fields, without those that are plain."""
    text = f"n{batch}c{in_channels}k{out_channels}i{_join(size)}f{_join(kernel)}"
    if set(stride) != {1}:
        text += f"s{_join(stride)}"
    if any(map(any, padding)):
        text += "p" + "x".join(f"{low}" if low == high else f"{low}+{high}" for low, high in padding)
    if set(dilation) != {1}:
        text += f"d{_join(dilation)}"
    if groups != 1:
        text += f"g{groups}"
    if padding_mode != "zeros":
        text += f"m{padding_mode}"
    if transposed:
        text += "t"
    if any(unread):
        text += f"u{_join(unread)}"
    return f"{text}o{_join(output_padding)}" if any(output_padding) else text


def read_fields(text: str) -> dict[str, Any]:
    """The fields that a text says, by name; one with what is :attr:`~ConvGeometry.unread` is not read.

    Raises
    ------
    InvalidArgument
        If the text does not have the form.
    """
    match = _TEXT.fullmatch(text)
    if match is None:
        raise InvalidArgument(
            "text",
            text,
            "should look like n2c3k4i7x5f3x3s2x1p1x0+1d1x2g1, with at most 12 digits in a number",
            where="parse_geometry",
        )
    size = _split(match["size"])
    sides = match["padding"].split("x") if match["padding"] else ["0"] * len(size)
    return {
        "batch": int(match["batch"]),
        "in_channels": int(match["in_channels"]),
        "out_channels": int(match["out_channels"]),
        "size": size,
        "kernel": _split(match["kernel"]),
        "stride": _split(match["stride"]) if match["stride"] else (1,) * len(size),
        "padding": tuple((int(side.split("+")[0]), int(side.split("+")[-1])) for side in sides),
        "dilation": _split(match["dilation"]) if match["dilation"] else (1,) * len(size),
        "groups": int(match["groups"] or 1),
        "padding_mode": match["padding_mode"] or "zeros",
        "transposed": match["transposed"] is not None,
        "output_padding": _split(match["output_padding"]) if match["output_padding"] else (),
    }


def _join(values: Iterable[int]) -> str:
    return "x".join(map(str, values))


def _split(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split("x")))
