"""What a call to a candidate can come to: a reply of exactly one of these kinds."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from ...oracle.problem.passes import Array
from ...reports.records.codec import WrongField, codec
from ..candidates.foreign.post_mortem import beginning


@dataclass(frozen=True, slots=True, eq=False)
class Returned:
    """An array, of whatever dtype and shape.

    Parameters
    ----------
    value : ndarray
    seconds : float
        Time that the candidate took, without the transfer of arrays.
    mutated : tuple of str
        Operands whose bytes the candidate changed.
    aliased : str or None
        The operand whose memory the result shares.
    """

    value: Array
    seconds: float
    mutated: tuple[str, ...] = ()
    aliased: str | None = None


@dataclass(frozen=True, slots=True)
class Malformed:
    """Something that is not an array of numbers; `description` completes "returned ..."."""

    description: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Misbehaved:
    """Something against the candidate's interface, which `description` tells: a write outside of its result."""

    description: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Raised:
    """An exception.

    Parameters
    ----------
    kind : str
        Its type.
    message : str
    where : str
        ``file:line`` of the last frame in the candidate's own file.
    seconds : float
    """

    kind: str
    message: str
    where: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Unsupported:
    """The candidate says that it does not offer this, and why."""

    reason: str


_MEMORY = ("memory limit", "out of memory")
"""So begins the cause of `Died` where more memory was wanted than there may be."""
DEVICE_LOST = "an error on its device, after which nothing runs there any more"


@dataclass(frozen=True, slots=True)
class Died:
    """The candidate's process ended, or wanted more memory than it may have.

    Parameters
    ----------
    cause : str
        ``SIGSEGV (segmentation fault)``, ``exit code 3``, ``memory limit of 4 GiB``, or `DEVICE_LOST`.
    detail : str
        The last lines that it wrote to its standard error.
    during : str
        What was going on, of several calls: to be read after "while".
    """

    cause: str
    detail: str = ""
    during: str = ""

    @property
    def ran_out_of_memory(self) -> bool:
        """Whether more was wanted than there may be."""
        return self.cause.startswith(_MEMORY)


@dataclass(frozen=True, slots=True)
class TimedOut:
    """No answer within the time limit; the process was killed. `during` as of `Died`."""

    seconds: float
    during: str = ""


Reply = Returned | Malformed | Misbehaved | Raised | Unsupported | Died | TimedOut


@dataclass(frozen=True, slots=True)
class OutOfMemory:
    """A worker's word that an allocation was denied; the harness turns it into `Died`."""

    message: str


@dataclass(frozen=True, slots=True)
class DeviceLost:
    """A worker's word that a kernel brought down its device's context; the harness turns it into `Died`."""

    message: str


WorkerReply = Returned | Malformed | Misbehaved | Raised | Unsupported | Died | OutOfMemory | DeviceLost
"""What a worker itself can say of a call."""

_KINDS: Mapping[str, type[Any]] = {
    kind.__name__: kind
    for kind in (Returned, Malformed, Misbehaved, Raised, Unsupported, Died, OutOfMemory, DeviceLost)
}
_MOST_NAMES = 16
_TEXT = codec(str)
_FIELDS = {"seconds": codec(float), "mutated": codec(tuple[str, ...]), "aliased": codec(str | None)}
"""Of the fields that are no text."""


def to_message(reply: WorkerReply) -> tuple[dict[str, object], list[Array]]:
    """A reply as a header of JSON values and the arrays beside it."""
    values = {field.name: getattr(reply, field.name) for field in fields(reply)}
    arrays = [values.pop("value")] if isinstance(reply, Returned) else []
    return {"kind": type(reply).__name__, "fields": values}, arrays


def from_message(header: Mapping[str, Any], arrays: Sequence[Array]) -> WorkerReply:
    """Read back what `to_message` wrote.

    Raises
    ------
    ValueError
        If that is not what it is.
    """
    try:
        kind = _KINDS[header["kind"]]
        values = {name: _read(name, value) for name, value in dict(header["fields"]).items()}
        if kind is Returned:
            values["value"] = arrays[0]
        reply: WorkerReply = kind(**values)
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"not a reply: {error}") from error
    return reply


def _read(name: str, value: Any) -> Any:
    """A field that came from a candidate's process, of the type that it has."""
    read = _FIELDS.get(name, _TEXT).decode(value)
    if name == "seconds" and not 0 <= read < math.inf:
        raise WrongField("should be finite and at least 0", (name,))
    return tuple(map(beginning, read[:_MOST_NAMES])) if name == "mutated" else _short(read)


def _short(value: Any) -> Any:
    return beginning(value) if isinstance(value, str) else value


@dataclass(frozen=True, slots=True)
class Limits:
    """What a candidate may use.

    Parameters
    ----------
    seconds_per_call : float
    load_seconds : float
        For starting a process and importing the candidate.
    memory_bytes : int
        What one process may allocate beyond what the loaded candidate holds.
    """

    seconds_per_call: float = 10.0
    load_seconds: float = 120.0
    memory_bytes: int = 4 * 2**30


def size_text(size: int) -> str:
    """A number of bytes as people say it: ``4 GiB``."""
    for unit, name in ((2**30, "GiB"), (2**20, "MiB"), (2**10, "KiB")):
        if size >= unit:
            return f"{size / unit:.3g} {name}"
    return f"{size} bytes"
