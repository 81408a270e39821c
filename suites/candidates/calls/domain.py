"""The declared domain: in words and numbers, what a candidate takes at all, so that nothing else is asked of it.

A candidate's attribute ``domain`` is a mapping; every key is optional, and what is
not named is not restricted. `KEYS` says what each may hold. Numbers of an axis hold
on every axis on which the case has one of them; a list among them gives the axes
one by one: ``"kernels": [1, 3, [1, 7]]`` takes 1x1, 3x3, 1x3, 3x1 and 1x7.
"""

from __future__ import annotations

import json
import operator
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from ....oracle.numbers.dtypes import DTYPES
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.padding import NAMED_PADDINGS, PADDING_MODES, PaddingSides, named_sides
from .. import CandidateError

HALF, SYMMETRIC = "half", "symmetric"
"""Paddings: half the kernel's reach on both sides, as ``padding=kernel // 2`` is; any that is the same on both."""
DEPTHWISE, CHANNELWISE = "depthwise", "channelwise"
"""Groups: one for each input channel; and with one output channel each."""
PADDINGS = (*NAMED_PADDINGS, HALF, SYMMETRIC)
GROUP_NAMES = (DEPTHWISE, CHANNELWISE)
_WILLING = ("yes", "no", "only")

DomainEntry = int | str | tuple[int, ...]


@dataclass(frozen=True, slots=True)
class _Key:
    """What a key may hold, in a sentence for errors, and how its value is read; None where it is no such value."""

    meaning: str
    read: Callable[[object], Any | None]


def _listed(read_entry: Callable[[object], DomainEntry | None]) -> Callable[[object], tuple[DomainEntry, ...] | None]:
    """Reads a list, or any other collection but text, of entries; not an empty one."""

    def read(value: object) -> tuple[DomainEntry, ...] | None:
        if isinstance(value, str | Mapping) or not isinstance(value, Collection):
            return None
        entries = tuple(map(read_entry, value))
        return None if not entries or None in entries else entries  # type: ignore[return-value]

    return read


def _at_least(least: int) -> Callable[[object], int | None]:
    return lambda value: value if isinstance(value, int) and not isinstance(value, bool) and value >= least else None


def _per_axis(least: int) -> Callable[[object], DomainEntry | None]:
    """Reads a number for every axis, or the numbers of the axes one by one."""
    number, numbers = _at_least(least), _listed(_at_least(least))

    def read(value: object) -> DomainEntry | None:
        return number(value) if isinstance(value, int) else numbers(value)  # type: ignore[return-value]

    return read


def _word(words: Collection[str]) -> Callable[[object], str | None]:
    return lambda value: value if isinstance(value, str) and value in words else None


def _padding(value: object) -> DomainEntry | None:
    """Reads a padding: a name, a number for both sides, or a pair of the low and the high side."""
    if isinstance(value, str):
        return _word(PADDINGS)(value)
    sides = _per_axis(0)(value)
    return sides if isinstance(sides, int) or (sides is not None and len(sides) == 2) else None


def _group(value: object) -> DomainEntry | None:
    return _word(GROUP_NAMES)(value) if isinstance(value, str) else _at_least(1)(value)


def _range(value: object) -> tuple[int, int] | None:
    """Reads the smallest and the largest integer."""
    entries = _listed(lambda each: each if isinstance(each, int) and not isinstance(each, bool) else None)(value)
    if entries is None or len(entries) != 2:
        return None
    low, high = entries
    return (low, high) if low < 0 < high else None  # type: ignore[operator, return-value]


_SIZES = "a list of sizes of at least 1: a number for every axis, or a list with one for each"
_COUNTS = "a list of numbers of channels"

KEYS: Mapping[str, _Key] = {
    "ranks": _Key("a list of numbers of spatial axes", _listed(_at_least(1))),
    "kernels": _Key(_SIZES, _listed(_per_axis(1))),
    "strides": _Key(_SIZES, _listed(_per_axis(1))),
    "dilations": _Key(_SIZES, _listed(_per_axis(1))),
    "paddings": _Key(
        f"a list of sizes for both sides, pairs of a low and a high one, or names among {', '.join(PADDINGS)}",
        _listed(_padding),
    ),
    "padding_modes": _Key(f"a list of names among {', '.join(PADDING_MODES)}", _listed(_word(PADDING_MODES))),
    "groups": _Key(f"a list of numbers of at least 1, or names among {', '.join(GROUP_NAMES)}", _listed(_group)),
    "input_channels": _Key(_COUNTS, _listed(_at_least(1))),
    "output_channels": _Key(_COUNTS, _listed(_at_least(1))),
    "input_channel_multiple": _Key("an integer of at least 1", _at_least(1)),
    "output_channel_multiple": _Key("an integer of at least 1", _at_least(1)),
    "axes": _Key("any or alike", _word(("any", "alike"))),
    "transposed": _Key("yes, no or only", _word(_WILLING)),
    "bias": _Key("yes, no or only", _word(_WILLING)),
    "dtypes": _Key(f"a list of names among {', '.join(DTYPES)}", _listed(_word(tuple(DTYPES)))),
    "values": _Key("the smallest and the largest integer, one below and one above 0", _range),
    "threads": _Key("any or one", _word(("any", "one"))),
}
"""Every key of a declared domain.

``axes`` is ``alike`` where kernel, stride, padding, dilation and size have to be the
same on every axis; ``values`` bounds the integers that it is given as operands of the integer dtypes;
``threads`` is ``one`` where calls by several threads at once are not allowed.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Domain:
    """What a candidate takes; an empty tuple restricts nothing.

    Parameters
    ----------
    ranks, kernels, strides, dilations, paddings, groups : tuple
    padding_modes, dtypes : tuple of str
    input_channels, output_channels : tuple of int
    input_channel_multiple, output_channel_multiple : int
    axes : {"any", "alike"}
    transposed, bias : {"yes", "no", "only"}
    values : tuple of (int, int), or empty
        Of integer operands.
    threads : {"any", "one"}
        How many may call at once.
    declared : tuple of (str, str)
        Every key that was declared, and its value as JSON.
    """

    ranks: tuple[int, ...] = ()
    kernels: tuple[DomainEntry, ...] = ()
    strides: tuple[DomainEntry, ...] = ()
    dilations: tuple[DomainEntry, ...] = ()
    paddings: tuple[DomainEntry, ...] = ()
    padding_modes: tuple[str, ...] = ()
    groups: tuple[DomainEntry, ...] = ()
    input_channels: tuple[int, ...] = ()
    output_channels: tuple[int, ...] = ()
    input_channel_multiple: int = 1
    output_channel_multiple: int = 1
    axes: str = "any"
    transposed: str = "yes"
    bias: str = "yes"
    dtypes: tuple[str, ...] = ()
    values: tuple[int, int] | tuple[()] = ()
    threads: str = "any"
    declared: tuple[tuple[str, str], ...] = field(default=(), compare=False)

    def why_outside(self, geometry: ConvGeometry, dtype: str, bias: bool) -> str | None:
        """Why a case lies outside, in the words of the key that it does not fit; None where it lies within."""
        return next(self._misfits(geometry, dtype, bias), None)

    def _misfits(self, geometry: ConvGeometry, dtype: str, bias: bool) -> Iterator[str]:
        for name, has, fits in (
            ("ranks", geometry.rank, geometry.rank in self.ranks),
            ("dtypes", dtype, dtype in self.dtypes),
            ("kernels", geometry.kernel, _fits(geometry.kernel, self.kernels)),
            ("strides", geometry.stride, _fits(geometry.stride, self.strides)),
            ("dilations", geometry.dilation, _fits(geometry.dilation, self.dilations)),
            ("paddings", geometry.padding, any(_is_padded(geometry, entry) for entry in self.paddings)),
            ("padding_modes", geometry.padding_mode, geometry.padding_mode in self.padding_modes),
            ("groups", geometry.groups, any(_is_grouped(geometry, entry) for entry in self.groups)),
            ("input_channels", geometry.in_channels, geometry.in_channels in self.input_channels),
            ("output_channels", geometry.out_channels, geometry.out_channels in self.output_channels),
        ):
            if getattr(self, name) and not fits:
                yield _outside(name, has, getattr(self, name))
        for name, count in (
            ("input_channel_multiple", geometry.in_channels),
            ("output_channel_multiple", geometry.out_channels),
        ):
            if count % getattr(self, name):
                yield _outside(name, f"{count} channels", getattr(self, name))
        if self.axes == "alike" and not _is_alike(geometry):
            yield _outside("axes", "axes that differ", self.axes)
        for name, asked in (("transposed", geometry.transposed), ("bias", bias)):
            if (getattr(self, name), asked) in (("no", True), ("only", False)):
                yield _outside(name, f"one with{'' if asked else 'out'}", getattr(self, name))


def _outside(name: str, has: object, declared: object) -> str:
    return f"outside of the declared domain: {name} is {_shown(declared)}, not {has}"


def _shown(declared: object) -> str:
    return ", ".join(map(str, declared)) if isinstance(declared, tuple) else str(declared)


def _fits(values: tuple[int, ...], entries: tuple[DomainEntry, ...]) -> bool:
    return values in entries or all(value in entries for value in values)


def _is_padded(geometry: ConvGeometry, entry: DomainEntry) -> bool:
    if entry == SYMMETRIC:
        return all(low == high for low, high in geometry.padding)
    if entry == HALF:
        return geometry.padding == half_sides(geometry.kernel, geometry.dilation)
    if isinstance(entry, str):
        return geometry.padding == named_sides_of(geometry, entry)
    sides = (entry, entry) if isinstance(entry, int) else entry
    return all(each == sides for each in geometry.padding)


def half_sides(kernel: tuple[int, ...], dilation: tuple[int, ...]) -> tuple[PaddingSides, ...]:
    """Half of the kernel's reach before and after, on every axis."""
    halves = (d * (r - 1) // 2 for r, d in zip(kernel, dilation, strict=True))
    return tuple((half, half) for half in halves)


def named_sides_of(geometry: ConvGeometry, name: str) -> tuple[PaddingSides, ...]:
    """The padding that one of `NAMED_PADDINGS` is for these sizes; of a transposed convolution, for its output's."""
    padded = tuple(map(operator.mul, geometry.size, geometry.stride)) if geometry.transposed else geometry.size
    return named_sides(name, padded, geometry.kernel, geometry.stride, geometry.dilation)


def _is_grouped(geometry: ConvGeometry, entry: DomainEntry) -> bool:
    if entry == CHANNELWISE:
        return geometry.groups == geometry.in_channels == geometry.out_channels
    return geometry.groups == (geometry.in_channels if entry == DEPTHWISE else entry)


def _is_alike(geometry: ConvGeometry) -> bool:
    settings = (geometry.size, geometry.kernel, geometry.stride, geometry.padding, geometry.dilation)
    return all(len(set(values)) == 1 for values in (*settings, geometry.output_padding))


def parse_domain(declared: object, candidate: str) -> Domain:
    """Read a candidate's declared domain.

    Raises
    ------
    CandidateError
        With the key, its value and what would be right.
    """
    if not isinstance(declared, Mapping):
        raise CandidateError(f"{candidate} declares domain={declared!r}, but should map keys to what it takes of each")
    values: dict[str, Any] = {}
    for key, value in declared.items():
        if key not in KEYS:
            raise CandidateError(f"{candidate} declares domain[{key!r}], but should name some of {', '.join(KEYS)}")
        values[key] = KEYS[key].read(value)
        if values[key] is None:
            raise CandidateError(f"{candidate} declares domain[{key!r}]={value!r}, but should be {KEYS[key].meaning}")
    return Domain(**values, declared=tuple((key, json.dumps(value)) for key, value in values.items()))


def read_domain(declared: Iterable[tuple[str, str]], candidate: str) -> Domain:
    """The domain whose `Domain.declared` is given."""
    return parse_domain({key: json.loads(text) for key, text in declared}, candidate)
