"""A call in company: made again, after others, and from two threads at once, in the candidate's own process."""

from __future__ import annotations

import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ..oracle.geometry import ConvGeometry
from ..oracle.passes import Array, Operands, Pass
from .candidates.binding import BoundCandidate
from .candidates.device import to_numpy
from .execution import execute, message_of
from .linearity import LINEAR_IN
from .post_mortem import beginning
from .replies import Raised, Returned, Unsupported, WorkerReply

_FEWEST_ROUNDS = 4
_ROUND_SECONDS = 0.1
"""The two threads make calls for so long, and at least so many each."""
_SWITCH_SECONDS = 1e-5
"""Between the threads: so short that they meet within one call, which the usual 5 ms do not do."""

NEGATED = "negated "
"""Before an operand's name, the name of a part."""

Part = Array | str
"""An array, or the text of an exception."""


@dataclass(frozen=True, slots=True, eq=False)
class Company:
    """What a call gave in company.

    Parameters
    ----------
    first : ndarray
        Its result as the first call.
    parts : mapping of str to ndarray or str
        ``repeated``, the same call once more; ``negated weight`` and the like, the call with
        other signs, for each set of operands in which the pass is linear; ``other``, the other
        call, absent where the candidate declines it; ``kept``, the array that the repeated
        call had returned, as it is after those; ``interleaved``, the same call after
        those; ``concurrent``, the same call while a second thread makes others, the
        first result that differs if one does; ``beside``, a result of the second thread that
        differs from that of its call alone, if there is one.
    """

    first: Array
    parts: Mapping[str, Part]


def keep_company(
    bound: BoundCandidate,
    pass_: Pass,
    operands: Operands,
    geometry: ConvGeometry,
    other_operands: Operands,
    other_geometry: ConvGeometry,
    *,
    interruptible: bool = False,
) -> Company | WorkerReply:
    """Make a call over and over, alone and in company; the reply to the first where that is no array."""
    reply = execute(bound, pass_, operands, geometry, interruptible=interruptible)
    if not isinstance(reply, Returned):
        return reply
    first = reply.value.copy()
    same = partial(_run, bound, pass_, operands, geometry, interruptible)
    held = same()
    parts: dict[str, Part] = {"repeated": _snapshot(held)}
    made = {f"{NEGATED}{names[0]}": (_negated(operands, names), geometry) for names in LINEAR_IN[pass_]}
    made["other"] = (other_operands, other_geometry)
    for name, (given, where) in made.items():
        reply = execute(bound, pass_, given, where, interruptible=interruptible)
        if name != "other" or not isinstance(reply, Unsupported):
            parts[name] = _snapshot(_part(reply))
    parts["kept"] = _snapshot(held)
    parts["interleaved"] = _snapshot(same())
    second = "other" if "other" in parts else next(iter(made))
    beside = partial(_run, bound, pass_, *made[second], interruptible)
    return Company(first, parts | _concurrently((same, first), (beside, parts[second])))


def to_message(reply: Company) -> tuple[dict[str, object], list[Array]]:
    """A header of JSON values and the arrays beside it."""
    errors = {name: part for name, part in reply.parts.items() if isinstance(part, str)}
    arrays = {name: part for name, part in reply.parts.items() if not isinstance(part, str)}
    return {"kind": Company.__name__, "parts": list(arrays), "errors": errors}, [reply.first, *arrays.values()]


def from_message(header: Mapping[str, Any], arrays: Sequence[Array]) -> Company:
    """Read back what `to_message` wrote.

    Raises
    ------
    ValueError
        If that is not what it is.
    """
    try:
        first, *others = arrays
        parts: dict[str, Part] = dict(zip(map(str, header["parts"]), others, strict=True))
        return Company(first, parts | {str(name): str(text) for name, text in header["errors"].items()})
    except (LookupError, TypeError, ValueError, AttributeError) as error:
        raise ValueError(f"not a reply: {error}") from error


def _run(bound: BoundCandidate, pass_: Pass, operands: Operands, geometry: ConvGeometry, interruptible: bool) -> Part:
    """What a call returns, itself and no copy, or the text of what it raises."""
    copies: dict[str, Any] = {name: array.copy() for name, array in operands.arrays().items()}
    try:
        result = to_numpy(bound.run(pass_, replace(operands, **copies), geometry))
    except BaseException as error:  # the candidate is called here
        if interruptible and isinstance(error, KeyboardInterrupt):
            raise
        return beginning(f"{type(error).__name__}: {message_of(error)}")
    return result if isinstance(result, np.ndarray) else f"returned a {type(result).__name__}"


def _part(reply: WorkerReply) -> Part:
    """An array, or what came instead of it."""
    match reply:
        case Returned():
            return reply.value
        case Raised():
            return f"{reply.kind}: {reply.message}"
        case _:
            return str(reply)


def _snapshot(part: Part) -> Part:
    return part if isinstance(part, str) else np.array(part, order="C")


def _negated(operands: Operands, names: Sequence[str]) -> Operands:
    arrays = operands.arrays()
    opposite: dict[str, Any] = {name: -arrays[name] for name in names if name in arrays}
    return replace(operands, **opposite)


def _concurrently(same: tuple[Callable[[], Part], Part], beside: tuple[Callable[[], Part], Part]) -> dict[str, Part]:
    """One thread makes the same call, the other by turns the one beside it and the same; pairs of call and result."""
    start = threading.Barrier(2)
    found: dict[str, Part] = {}

    def make(calls: Sequence[tuple[str, Callable[[], Part], Part]]) -> None:
        start.wait()
        deadline = time.monotonic() + _ROUND_SECONDS
        rounds = 0
        while rounds < _FEWEST_ROUNDS or time.monotonic() < deadline:
            name, call, expected = calls[rounds % len(calls)]
            result = _snapshot(call())
            if not same_bits(result, expected):
                found.setdefault(name, result)
            rounds += 1

    plain, others = ("concurrent", *same), ("beside", *beside)
    threads = [threading.Thread(target=make, args=(calls,), daemon=True) for calls in ([plain], [others, plain])]
    with _frequent_switches():
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return {"concurrent": same[1], **found}


@contextmanager
def _frequent_switches() -> Iterator[None]:
    usual = sys.getswitchinterval()
    sys.setswitchinterval(_SWITCH_SECONDS)
    try:
        yield
    finally:
        sys.setswitchinterval(usual)


def same_bits(one: Part, other: Part) -> bool:
    """Whether two results are the same array, bit for bit, or the same exception."""
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    return (one.dtype, one.shape) == (other.dtype, other.shape) and one.tobytes() == other.tobytes()
