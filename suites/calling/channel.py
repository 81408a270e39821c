"""Messages between the harness and a worker: a JSON header and raw arrays over a socket, for which is waited so long.

Nothing that a worker sends is unpickled: a candidate that scribbles over its
own memory can at most send a wrong array. Of a message that is announced no more is
held than has arrived, and no more is waited for than an end takes.
"""

from __future__ import annotations

import contextlib
import json
import math
import re
import socket
import struct
from collections.abc import Mapping, Sequence
from typing import Any

import ml_dtypes  # noqa: F401 - registers bfloat16 and its kin with np.dtype
import numpy as np

from ...oracle.problem.passes import Array, is_numeric
from .patience import Patience

LARGEST = 2**34
"""Bytes that the arrays of a message may have, unless its reader says otherwise."""
_LARGEST_TEXT = 2**26
_SIZES = struct.Struct("<QQ")
_DTYPE = re.compile(r"[<>|=][biufc]\d{1,2}|b?(float|complex)\d+(_[a-z0-9]+)?|u?int[1248]", re.ASCII)
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

    Without a patience is waited for ever. Sending and receiving raise TimeoutError
    at its end and ConnectionError when the other end is gone or sends what is no
    message; after either the channel is of no more use.

    Parameters
    ----------
    end : socket
    largest : int
        Bytes that the arrays of a message from the other end may have.
    """

    def __init__(self, end: socket.socket, largest: int = LARGEST) -> None:
        self.socket, self._largest = end, largest
        for option in (socket.SO_SNDBUF, socket.SO_RCVBUF):
            end.setsockopt(socket.SOL_SOCKET, option, _BUFFER)

    def send(
        self, header: Mapping[str, object], arrays: Sequence[Array] = (), patience: Patience | None = None
    ) -> None:
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
            self._write(memoryview(piece), patience)

    def receive(self, patience: Patience | None = None) -> tuple[Header, list[Array]]:
        """Receive a message; its arrays are fresh and writable."""
        text_length, length = _SIZES.unpack(self._read(_SIZES.size, patience))
        if text_length > _LARGEST_TEXT or length > self._largest:
            limits = f"at most {_LARGEST_TEXT} and {self._largest}"
            raise Garbled(
                f"received what is no message: one of {text_length} and {length} bytes, but should be {limits}"
            )
        try:
            message = json.loads(self._read(text_length, patience))
            return dict(message["header"]), _arrays(message["arrays"], self._read(length, patience))
        except (ValueError, TypeError, LookupError, ArithmeticError, MemoryError, RecursionError) as error:
            raise Garbled(f"received what is no message: {error}") from error

    def close(self) -> None:
        """Close this end."""
        self.socket.close()

    def _read(self, length: int, patience: Patience | None) -> bytearray:
        """So many bytes; the memory for them is taken as they arrive."""
        data, received = bytearray(min(length, _BUFFER)), 0
        while received < length:
            if received == len(data):
                data += bytes(min(len(data), length - received))
            self._begin_turn(patience)
            with contextlib.suppress(TimeoutError), memoryview(data)[received:] as rest:
                count = self.socket.recv_into(rest)
                if count == 0:
                    raise ConnectionError("the other end is closed")
                received += count
        return data

    def _write(self, rest: memoryview, patience: Patience | None) -> None:
        while rest:
            self._begin_turn(patience)
            with contextlib.suppress(TimeoutError):
                rest = rest[self.socket.send(rest) :]

    def _begin_turn(self, patience: Patience | None) -> None:
        self.socket.settimeout(None if patience is None else patience.turn())


def _arrays(described: list[tuple[str, list[int]]], payload: bytearray) -> list[Array]:
    arrays: list[Array] = []
    offset = 0
    for text, shape in described:
        dtype = _dtype(text)
        size = math.prod(shape) * dtype.itemsize
        arrays.append(np.ndarray(shape, dtype, payload, offset) if size else np.empty(shape, dtype))
        offset += size + -size % _ALIGNMENT
    return arrays


def _dtype(text: object) -> np.dtype[Any]:
    """What `_dtype_text` wrote; NumPy would read more than that, such as Python expressions."""
    if not isinstance(text, str) or not _DTYPE.fullmatch(text) or not is_numeric(np.dtype(text)):
        raise ValueError(f"{text!r:.40} is no type of numbers")
    return np.dtype(text)


def _raw(array: Array) -> memoryview:
    return np.ascontiguousarray(array).reshape(-1).view(np.uint8).data


def _dtype_text(dtype: np.dtype[Any]) -> str:
    """A name that np.dtype reads back: ``<f4``, but ``bfloat16`` for the types of ml_dtypes, whose text is opaque."""
    return dtype.name if dtype.isbuiltin == 2 else dtype.str
