"""Messages between the harness and a worker: a JSON header and raw arrays over a socket, with a deadline.

Nothing that a worker sends is unpickled: a candidate that scribbles over its
own memory can at most send a wrong array.
"""

from __future__ import annotations

import json
import math
import socket
import struct
import time
from collections.abc import Mapping, Sequence
from typing import Any

import ml_dtypes  # noqa: F401 - registers bfloat16 and its kin with np.dtype
import numpy as np

from ...oracle.problem.passes import Array, is_numeric

_SIZES = struct.Struct("<QQ")
_ALIGNMENT = 64
_BUFFER = 1 << 20
_SMALL = 1 << 16
"""Below this many bytes a message is copied together and sent at once."""

Header = dict[str, Any]

DOING = "doing"
"""Field of a message that is no answer yet: what a worker is about to do."""
AT_ONCE = "at_once"
"""Field beside that: how many calls share the time for one, as threads do that make them at once."""


class Garbled(ConnectionError):
    """What arrived is no message."""


class Channel:
    """One end of a stream socket on which whole messages travel.

    A deadline is a `time.monotonic` value, None to wait for ever. Sending and
    receiving raise TimeoutError past it and ConnectionError when the other end
    is gone or sends what is no message; after either the channel is of no more use.
    """

    def __init__(self, end: socket.socket) -> None:
        self.socket = end
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            end.setsockopt(socket.SOL_SOCKET, option, _BUFFER)

    def send(self, header: Mapping[str, object], arrays: Sequence[Array] = (), deadline: float | None = None) -> None:
        """Send a header of JSON values, and arrays of numbers."""
        described = [[_dtype_text(array.dtype), array.shape] for array in arrays]
        text = json.dumps({"header": header, "arrays": described}).encode()
        parts: list[memoryview | bytes] = []
        for array in arrays:
            data = _raw(array)
            parts += (data, bytes(-len(data) % _ALIGNMENT))
        length = sum(map(len, parts))
        head = _SIZES.pack(len(text), length) + text
        for piece in [head, *parts] if length > _SMALL else [b"".join((head, *parts))]:
            self.socket.settimeout(_remaining(deadline))
            self.socket.sendall(piece)

    def receive(self, deadline: float | None = None) -> tuple[Header, list[Array]]:
        """Receive a message; its arrays are fresh and writable."""
        text_length, length = _SIZES.unpack(self._read(_SIZES.size, deadline))
        try:
            message = json.loads(self._read(text_length, deadline))
            return dict(message["header"]), _arrays(message["arrays"], self._read(length, deadline))
        except (ValueError, TypeError, LookupError, ArithmeticError, MemoryError, RecursionError) as error:
            raise Garbled(f"received what is no message: {error}") from error

    def close(self) -> None:
        """Close this end."""
        self.socket.close()

    def _read(self, length: int, deadline: float | None) -> bytearray:
        data = bytearray(length)
        view = memoryview(data)
        while len(view):
            self.socket.settimeout(_remaining(deadline))
            count = self.socket.recv_into(view)
            if count == 0:
                raise ConnectionError("the other end is closed")
            view = view[count:]
        return data


def _arrays(described: list[tuple[str, list[int]]], payload: bytearray) -> list[Array]:
    arrays: list[Array] = []
    offset = 0
    for text, shape in described:
        dtype = np.dtype(text)
        if not is_numeric(dtype):
            raise ValueError(f"{text} is no type of numbers")
        size = math.prod(shape) * dtype.itemsize
        arrays.append(np.ndarray(shape, dtype, payload, offset) if size else np.empty(shape, dtype))
        offset += size + -size % _ALIGNMENT
    return arrays


def _raw(array: Array) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _remaining(deadline: float | None) -> float | None:
    if deadline is None:
        return None
    remaining = deadline - time.monotonic()
    if remaining <= 0:
        raise TimeoutError
    return remaining


def _dtype_text(dtype: np.dtype[Any]) -> str:
    """A name that np.dtype reads back: ``<f4``, but ``bfloat16`` for the types of ml_dtypes, whose text is opaque."""
    return dtype.name if dtype.isbuiltin == 2 else dtype.str
