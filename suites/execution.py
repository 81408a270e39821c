"""One call of a candidate, whatever it does short of ending the process: the place where its exceptions are caught."""

from __future__ import annotations

import time
import traceback
from pathlib import Path
from types import TracebackType

import numpy as np

from ..oracle.geometry import ConvGeometry
from ..oracle.passes import Operands, Pass
from .candidates.binding import BoundCandidate
from .replies import Malformed, OutOfMemory, Raised, Returned, Unsupported

_OUT_OF_MEMORY = ("can't allocate memory", "bad_alloc", "OOM when allocating", "Cannot allocate memory")
_OWN_FILES = frozenset({__file__, str(Path(__file__).parent / "candidates" / "binding.py")})

CallReply = Returned | Malformed | Raised | Unsupported | OutOfMemory


def execute(bound: BoundCandidate, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> CallReply:
    """Call a candidate on copies of the operands, and say what came of it."""
    copies = {name: np.array(array, order="C") for name, array in operands.arrays().items()}
    given = Operands(
        copies["input"], copies["weight"], copies.get("bias"), copies["output_gradient"], operands.learning_rate
    )
    start = time.perf_counter()
    try:
        reason = bound.limitation(pass_, geometry, operands.input.dtype.name, operands.bias is not None)
        if reason is not None:
            return Unsupported(reason)
        start = time.perf_counter()
        result = bound.run(pass_, given, geometry)
        seconds = time.perf_counter() - start
    except NotImplementedError as error:
        return Unsupported(str(error) or "raised NotImplementedError")
    except (Exception, SystemExit) as error:  # noqa: BLE001 - the candidate is called here
        return _describe_error(error, time.perf_counter() - start)
    if not isinstance(result, np.ndarray) or result.dtype.hasobject:
        return Malformed(_describe_value(result), seconds)
    mutated = tuple(name for name, copy in copies.items() if copy.tobytes() != operands.arrays()[name].tobytes())
    aliased = next((name for name, copy in copies.items() if np.may_share_memory(copy, result)), None)
    return Returned(np.ascontiguousarray(result).reshape(result.shape), seconds, mutated, aliased)


def _describe_error(error: BaseException, seconds: float) -> Raised | OutOfMemory:
    message = str(error)
    if isinstance(error, MemoryError) or any(sign in message for sign in _OUT_OF_MEMORY):
        return OutOfMemory(f"{type(error).__name__}: {message}")
    return Raised(type(error).__name__, message, _own_place(error.__traceback__), seconds)


def _own_place(trace: TracebackType | None) -> str:
    """The deepest frame in the file whose frame comes first: the candidate's own, not its library's."""
    frames = [frame for frame in traceback.extract_tb(trace) if frame.filename not in _OWN_FILES]
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else ""


def _describe_value(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype} of shape {value.shape}"
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"a {module}{kind.__qualname__}"
