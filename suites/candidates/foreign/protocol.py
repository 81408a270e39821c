"""Messages to and from a candidate's program: a line of JSON, and after it as many raw bytes as the line says.

docs/protocol.md describes them for people who implement the other side. What
arrives is bounded in size, parsed as JSON and as numbers, and nothing else.
"""

from __future__ import annotations

import json
import math
import os
import select
import time
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from ....oracle.numbers.dtypes import RESULT_DTYPES, numpy_dtype
from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array
from .. import Misconduct

VERSION = 1
"""Of the protocol.

1: first version.
"""

LONGEST_LINE = 2**16
LARGEST_PAYLOAD = 2**30
_MAX_RANK = 10
_PIECE = 2**16
_SHOWN = 60

Header = dict[str, Any]


class Ended(ConnectionError):
    """The program's output is at its end."""


def encode(header: Mapping[str, object], arrays: Iterable[Array] = ()) -> list[bytes]:
    """A message in pieces to be written one after the other."""
    payloads = [np.ascontiguousarray(array).tobytes() for array in arrays]
    line = json.dumps({**header, "payload": sum(map(len, payloads))}) + "\n"
    return [line.encode(), *payloads]


def geometry_header(geometry: ConvGeometry) -> dict[str, object]:
    """A geometry as JSON values."""
    low, high = zip(*geometry.padding, strict=True)
    return {
        "text": str(geometry),
        "batch": geometry.batch,
        "in_channels": geometry.in_channels,
        "out_channels": geometry.out_channels,
        "groups": geometry.groups,
        "size": geometry.size,
        "kernel": geometry.kernel,
        "stride": geometry.stride,
        "dilation": geometry.dilation,
        "pad_low": low,
        "pad_high": high,
        "padding_mode": geometry.padding_mode,
        "transposed": geometry.transposed,
        "output_padding": geometry.output_padding,
        "output_size": geometry.output_size,
    }


def array_header(dtype: str, shape: tuple[int, ...]) -> dict[str, object]:
    """Dtype and shape of an array as JSON values."""
    return {"dtype": dtype, "shape": shape}


def read_array(header: Header, payload: bytes) -> Array:
    """The array of a reply.

    Raises
    ------
    Misconduct
        If its dtype or its shape is none, or the payload has not the size that they give.
    """
    dtype_name, shape = header.get("dtype"), header.get("shape")
    if dtype_name not in RESULT_DTYPES:
        raise Misconduct(
            f"the program replied with dtype {_shown(dtype_name)}, but should be one of {', '.join(RESULT_DTYPES)}"
        )
    if not isinstance(shape, list) or len(shape) > _MAX_RANK or not all(_is_length(length) for length in shape):
        raise Misconduct(
            f"the program replied with shape {_shown(shape)}, but should be a list of integers of at least 0"
        )
    dtype = numpy_dtype(dtype_name)
    size = math.prod(shape) * dtype.itemsize
    if size != len(payload):
        raise Misconduct(
            f"the program replied with {len(payload)} bytes, "
            f"but an array of {dtype_name} of shape {tuple(shape)} has {size}"
        )
    return np.frombuffer(bytearray(payload), dtype).reshape(shape)


class Reader:
    """Messages read from a descriptor.

    A deadline is a `time.monotonic` value, None to wait for ever.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        self._pending = bytearray()

    def read(self, deadline: float | None = None) -> tuple[Header, bytes]:
        """The next message.

        Raises
        ------
        Misconduct
            If what arrives is no message.
        Ended
            If the output ends before the message does.
        TimeoutError
            Past the deadline.
        """
        header = _parse(self._line(deadline))
        size = header.get("payload", 0)
        if not _is_length(size) or size > LARGEST_PAYLOAD:
            raise Misconduct(
                f"the program announced a payload of {_shown(size)}, but should be at most {LARGEST_PAYLOAD} bytes"
            )
        while len(self._pending) < size:
            self._receive(deadline)
        return header, self._take(size)

    def unexpected(self) -> str | None:
        """What arrived although nothing was asked, or None."""
        if not self._pending and select.select([self._descriptor], [], [], 0)[0]:
            self._pending += os.read(self._descriptor, _PIECE)
        return _shown(self._pending.decode(errors="replace")) if self._pending else None

    def _line(self, deadline: float | None) -> bytes:
        searched = 0
        while (end := self._pending.find(b"\n", searched)) < 0:
            searched = len(self._pending)
            if searched > LONGEST_LINE:
                break
            self._receive(deadline)
        if not 0 <= end <= LONGEST_LINE:
            begin = _shown(self._pending[:_SHOWN].decode(errors="replace"))
            raise Misconduct(f"the program wrote a line of more than {LONGEST_LINE} bytes, which begins {begin}")
        return self._take(end + 1)

    def _take(self, size: int) -> bytes:
        taken = bytes(self._pending[:size])
        del self._pending[:size]
        return taken

    def _receive(self, deadline: float | None) -> None:
        wait = None if deadline is None else max(deadline - time.monotonic(), 0)
        if not select.select([self._descriptor], [], [], wait)[0]:
            raise TimeoutError
        piece = os.read(self._descriptor, _PIECE)
        if not piece:
            raise Ended
        self._pending += piece


def _parse(line: bytes) -> Header:
    try:
        header = json.loads(line)
    except (ValueError, RecursionError):
        header = None
    if not isinstance(header, dict):
        raise Misconduct(f"the program wrote {_shown(line.decode(errors='replace'))} where a message should begin")
    return header


def _is_length(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**63


def _shown(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…"
