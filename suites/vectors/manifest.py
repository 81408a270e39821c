"""The manifest of a set of vectors as plain JSON values, and the arrays beside it in one binary file."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from ...oracle.faults.threads import seen_in
from ...oracle.numbers.dtypes import RESULT_DTYPES, numpy_dtype
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array
from ..calling.illegal_calls import IllegalCall
from .flags import ACCEPTED_INVALID, FLAGS

FORMAT, VERSION = "convoracle-vectors", 1
MANIFEST, DATA, SCHEMA = "manifest.json", "vectors.bin", "vectors.schema.json"
_ALIGNMENT = 8
_KEPT = (*RESULT_DTYPES, "uint8")
"""Dtypes of operands and results, and of bits that say what an element may be."""


@dataclass(slots=True)
class Data:
    """The arrays, each written once: raw, little-endian, in C order, at offsets that are multiples of 8."""

    parts: list[bytes] = field(default_factory=list)
    length: int = 0
    _known: dict[tuple[str, tuple[int, ...], bytes], int] = field(default_factory=dict)

    def add(self, array: Array) -> dict[str, object]:
        """Where an array is, as the manifest says it."""
        little = np.ascontiguousarray(array).astype(array.dtype.newbyteorder("<"), copy=False)
        raw = little.tobytes()
        key = (array.dtype.name, array.shape, raw)
        if key not in self._known:
            self._known[key] = self.length
            padding = bytes(-len(raw) % _ALIGNMENT)
            self.parts += (raw, padding)
            self.length += len(raw) + len(padding)
        return {"dtype": array.dtype.name, "shape": list(array.shape), "offset": self._known[key]}

    def raw(self) -> bytes:
        """The whole file."""
        return b"".join(self.parts)


def array_at(place: Mapping[str, Any], data: bytes) -> Array:
    """The array that a manifest's entry tells of.

    Raises
    ------
    ValueError
        If it does not lie within the data.
    """
    if place["dtype"] not in _KEPT:
        raise ValueError(f"{place['dtype']!r:.40} should be one of {', '.join(_KEPT)}")
    dtype, shape, offset = numpy_dtype(place["dtype"]), tuple(place["shape"]), int(place["offset"])
    size = math.prod(shape) * dtype.itemsize
    if min(shape, default=0) < 0 or not 0 <= offset <= len(data) - size:
        raise ValueError(f"the array {dict(place)} does not lie within {len(data)} bytes of data")
    return np.frombuffer(data, dtype, math.prod(shape), offset).reshape(shape) if size else np.zeros(shape, dtype)


def geometry_numbers(geometry: ConvGeometry) -> dict[str, object]:
    """A geometry as plain numbers, with the output size that follows from them; none has elements that are unread."""
    numbers = {name: value for name, value in asdict(geometry).items() if name != "unread"}
    return {**_listed(numbers), "output_size": list(geometry.output_size)}


def illegal_entry(name: str, call: IllegalCall) -> dict[str, object]:
    """An illegal call: a legal one with settings, shapes or dtypes replaced; it must be refused."""
    return {
        "id": name,
        "comment": call.name,
        "flags": [ACCEPTED_INVALID],
        "result": "invalid",
        "pass": str(call.pass_),
        "geometry": geometry_numbers(call.legal),
        "text": str(call.legal),
        "instead": {
            "settings": _listed(dict(call.settings)),
            "shapes": {name: list(shape) for name, shape in call.shapes},
            "dtypes": dict(call.dtypes),
        },
        "because": f"{call.told}, but {call.requirement}",
    }


def document(
    groups: Sequence[Mapping[str, object]], illegal: Sequence[Mapping[str, object]], length: int, digest: str
) -> dict[str, object]:
    """The whole manifest."""
    return {
        "format": FORMAT,
        "version": VERSION,
        "data": {"file": DATA, "bytes": length, "sha256": digest},
        "flags": {name: _note(name) for name in FLAGS},
        "groups": groups,
        "illegal": illegal,
    }


def _note(flag: str) -> dict[str, str]:
    return {"bug": FLAGS[flag].bug, "effect": FLAGS[flag].effect, "seen_in": seen_in(flag)}


def _listed(values: Mapping[str, Any]) -> dict[str, object]:
    return {name: _plain(value) for name, value in values.items()}


def _plain(value: Any) -> object:
    return [_plain(each) for each in value] if isinstance(value, tuple | list) else value
