"""benchdnn descriptors: convolutions in the text form of oneDNN's benchmark and test driver.

A descriptor is a row of entries such as ``g1mb4_ic64ih56_oc64oh56_kh3_sh1_ph1_dh0_n"res2b"``: a key, a number, and
underscores between them as one likes. The rules are the driver's:

- g is 1, mb 2, s 1 and d 0 unless given; ic and oc are always given.
- There are as many spatial axes as keys d, h, w say: w alone is one axis. If h is given and w is not, w is as h;
  if d is given and neither h nor w is, both are as d. An axis has all its keys of its own or none.
- d counts the elements *between* taps: d0 is dense, and our dilation is d + 1.
- p is the padding in front. Without p, it is half of what the output needs, rounded down, and 0 where it needs none
  or no output is given. Without an output, the padding at the back is as in front.
- With an output, the padding at the back is as in front if that gives the output, and otherwise the least that
  does. (The driver itself always takes the least; the elements in question are read by no window, so the
  convolution is the same.)
- Of a deconvolution, ic, ih, oc, oh are its own input and output, and what the back would lack is output padding.
"""

from __future__ import annotations

import re
from collections.abc import Mapping

from ..errors import InvalidArgument
from .geometry import ConvGeometry

AXES = "dhw"
_SPATIAL = "iokspd"
_MOST_AXES, _LONGEST = len(AXES), 1000
_ENTRY = re.compile(r"_*(?P<key>g|mb|ic|oc|[iokspd][dhw])(?P<number>\d{1,12})_*", re.ASCII)
_DEFAULTS = {"s": 1, "d": 0}

AxisNumbers = dict[str, int]
"""One axis's numbers by the first letter of their keys: input, output, kernel, stride, padding, dilation."""


def split_name(text: str) -> tuple[str, str]:
    """The entries of a descriptor, and the name after them without its quotes; empty where there is none."""
    entries, _, name = text.partition("n")
    return entries, name.strip('"')


def parse_descriptor(text: str, *, transposed: bool = False) -> ConvGeometry:
    """Read a descriptor of a convolution, or of a deconvolution if `transposed`.

    Raises
    ------
    InvalidArgument
        Naming the entry that is malformed, missing, given twice or impossible,
        and the column of the text, counted from 1, where there is one.

    Examples
    --------
    >>> print(parse_descriptor("mb1_ic3ih224_oc64oh112_kh7sh2ph3"))
    n1c3k64i224x224f7x7s2x2p3x3
    >>> print(parse_descriptor("ic8iw9oc8ow9kw2pw4dw3"))
    n2c8k8i9f2p4+0d4
    """
    if len(text) > _LONGEST:
        requirement = f"should have at most {_LONGEST} characters, not {len(text)}"
        raise InvalidArgument("text", text, requirement, where="parse_descriptor")
    numbers = _entries(split_name(text)[0], text)
    axes = _axes(numbers, text)
    sides, extra = zip(*(_padding(name, axis, transposed, text) for name, axis in axes.items()), strict=True)
    geometry = ConvGeometry(
        batch=numbers.get("mb", 2),
        in_channels=_positive(numbers, "ic", text),
        out_channels=_positive(numbers, "oc", text),
        size=tuple(axis["i"] for axis in axes.values()),
        kernel=tuple(axis["k"] for axis in axes.values()),
        stride=tuple(axis["s"] for axis in axes.values()),
        padding=sides,
        dilation=tuple(axis["d"] + 1 for axis in axes.values()),
        groups=_positive({"g": 1} | numbers, "g", text),
        transposed=transposed,
        output_padding=extra if transposed else (),
    )
    if 0 in geometry.output_size:
        requirement = f"should have some output: its size would be {geometry.output_size}"
        raise InvalidArgument("text", text, requirement, where="parse_descriptor")
    return geometry


def write_descriptor(geometry: ConvGeometry, name: str = "") -> str:
    """The descriptor of a convolution; of a transposed one, its descriptor as a deconvolution.

    Reading it gives the geometry again, except that padding at the back which no
    window reads, and output padding which padding at the back cuts off, may differ.

    Raises
    ------
    InvalidArgument
        If there is no descriptor: the padding is not zeros, there are more than three spatial axes,
        no channels, no input or no output, or output padding of a stride or more.

    Examples
    --------
    >>> write_descriptor(ConvGeometry.of(size=(5, 5), kernel=3, padding=1, dilation=2))
    'mb1ic1ih5oc1oh3kh3ph1dh1'
    """
    _check_writable(geometry)
    columns = {
        "i": geometry.size,
        "o": geometry.output_size,
        "k": geometry.kernel,
        "s": geometry.stride,
        "p": tuple(low for low, _ in geometry.padding),
        "d": tuple(dilation - 1 for dilation in geometry.dilation),
    }
    letters = AXES[-geometry.rank :]
    if all(len(set(values)) == 1 for values in columns.values()):
        letters = letters[0]
    text = {
        kind: "".join(f"{kind}{letter}{value}" for letter, value in zip(letters, values, strict=False))
        for kind, values in columns.items()
        if set(values) != {_DEFAULTS.get(kind)}
    }
    groups = "" if geometry.groups == 1 else f"g{geometry.groups}"
    channels = f"mb{geometry.batch}ic{geometry.in_channels}{text['i']}oc{geometry.out_channels}{text['o']}"
    rest = "".join(text.get(kind, "") for kind in "kspd")
    return f"{groups}{channels}{rest}" + (f'n"{name}"' if name else "")


def _check_writable(geometry: ConvGeometry) -> None:
    if geometry.padding_mode != "zeros":
        raise InvalidArgument("padding_mode", geometry.padding_mode, "should be 'zeros'", where="write_descriptor")
    if geometry.rank > _MOST_AXES:
        requirement = f"should have at most {_MOST_AXES} axes"
        raise InvalidArgument("size", geometry.size, requirement, where="write_descriptor")
    if geometry.is_padded_by_strides:
        requirement = f"should be below the stride, {geometry.stride}"
        raise InvalidArgument("output_padding", geometry.output_padding, requirement, where="write_descriptor")
    if geometry.is_degenerate:
        requirement = "should have channels, input and output, which a descriptor gives as positive numbers"
        raise InvalidArgument("geometry", str(geometry), requirement, where="write_descriptor")


def _entries(entries: str, text: str) -> dict[str, int]:
    """The numbers by key."""
    numbers: dict[str, int] = {}
    position = 0
    while position < len(entries):
        match = _ENTRY.match(entries, position)
        if match is None:
            requirement = f"should have an entry such as ic3 at column {position + 1}, not {entries[position:]!r}"
            raise InvalidArgument("text", text, requirement, where="parse_descriptor")
        if match["key"] in numbers:
            requirement = f"should be given once; it is given again at column {match.start('key') + 1} of {text!r}"
            raise InvalidArgument(match["key"], int(match["number"]), requirement, where="parse_descriptor")
        numbers[match["key"]] = int(match["number"])
        position = match.end()
    return numbers


def _axes(numbers: Mapping[str, int], text: str) -> dict[str, AxisNumbers]:
    """The axes by letter, those that were left out being as the one before."""
    axes = {letter: _axis(numbers, letter, text) for letter in AXES if _says_something(numbers, letter)}
    match "".join(axes):
        case "d":
            return dict.fromkeys(AXES, axes["d"])
        case "h":
            return dict.fromkeys("hw", axes["h"])
        case "w" | "hw" | "dhw":
            return axes
        case other:
            requirement = f"should have w, h and w, or d, h and w given, or only the first of them; it has {other!r}"
            raise InvalidArgument("text", text, requirement, where="parse_descriptor")


def _says_something(numbers: Mapping[str, int], letter: str) -> bool:
    """Whether a number of the axis differs from what it would be on an axis that is not there."""
    absent = dict.fromkeys(_SPATIAL, 0) | _DEFAULTS
    return any(numbers.get(kind + letter, number) != number for kind, number in absent.items())


def _axis(numbers: Mapping[str, int], letter: str, text: str) -> AxisNumbers:
    axis = _DEFAULTS | {kind: numbers[kind + letter] for kind in _SPATIAL if kind + letter in numbers}
    axis |= {kind: _positive({f"s{letter}": 1} | dict(numbers), kind + letter, text) for kind in "iks"}
    return {kind: number for kind, number in axis.items() if (kind, number) != ("o", 0)}


def _positive(numbers: Mapping[str, int], key: str, text: str) -> int:
    number = numbers.get(key, 0)
    if number < 1:
        requirement = f"should be at least 1, in {text!r}" if key in numbers else f"should be given in {text!r}"
        raise InvalidArgument(key, numbers.get(key), requirement, where="parse_descriptor")
    return number


def _padding(letter: str, axis: AxisNumbers, transposed: bool, text: str) -> tuple[tuple[int, int], int]:
    """The padding in front and at the back, and the elements beyond those that a window reaches."""
    if "o" not in axis:
        low = axis.get("p", 0)
        return (low, low), 0
    span = (axis["d"] + 1) * (axis["k"] - 1) + 1
    fewer, more = (axis["i"], axis["o"]) if transposed else (axis["o"], axis["i"])
    total = (fewer - 1) * axis["s"] + span - more
    low = axis.get("p", max(total, 0) // 2)
    least = total - low
    for high in (low, max(least, 0)):
        if 0 <= high - least < axis["s"]:
            return (low, high), high - least
    if transposed:
        requirement = f"should be at most {axis['i'] * axis['s'] + span - low - 1}"
    else:
        requirement = f"should be at least {(axis['i'] + low - span) // axis['s'] + 1}"
    requirement += f", which axis {letter} has with no padding at the back, in {text!r}"
    raise InvalidArgument(f"o{letter}", axis["o"], requirement, where="parse_descriptor")
