"""One call of a candidate, whatever it does short of ending the process: the place where its exceptions are caught."""

from __future__ import annotations

import time
import traceback
from dataclasses import replace
from pathlib import Path
from types import TracebackType

import numpy as np

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import CONTIGUOUS, EXPANDED, arrange
from ...oracle.problem.passes import Operands, Pass, is_numeric, shape_of
from ..candidates import DeviceDied, Misconduct, ProcessDied
from ..candidates.device import to_numpy
from ..candidates.foreign.post_mortem import beginning
from ..candidates.loading.loaded import LoadedCandidate
from .altered_operands import changed
from .devices import is_lost
from .replies import DeviceLost, Died, Malformed, Misbehaved, OutOfMemory, Raised, Returned, Unsupported, WorkerReply

_OUT_OF_MEMORY = ("can't allocate memory", "bad_alloc", "OOM when allocating", "Cannot allocate memory")
_CANDIDATES = Path(__file__).parents[1] / "candidates"
_OWN_FILES = frozenset(
    map(
        str,
        (
            __file__,
            _CANDIDATES / "calls" / "binding.py",
            _CANDIDATES / "loading" / "by_name.py",
            _CANDIDATES / "loading" / "loaded.py",
            *(_CANDIDATES / "foreign").glob("*.py"),
        ),
    )
)


def execute(
    loaded: LoadedCandidate,
    pass_: Pass,
    operands: Operands,
    geometry: ConvGeometry,
    layout: str = CONTIGUOUS,
    *,
    interruptible: bool = False,
) -> WorkerReply:
    """Call a candidate on copies of the operands, laid in memory as `layout` says, and say what came of it.

    KeyboardInterrupt is the candidate's own exception, too, unless the process
    is `interruptible`: then it is the user's, and comes out.
    """
    expanded = layout == EXPANDED
    copies = {
        name: np.broadcast_to(array, shape_of(name, geometry)) if expanded else arrange(array, layout)
        for name, array in operands.arrays().items()
    }
    handed_over = replace(operands, **copies)  # type: ignore[arg-type]
    start = time.perf_counter()
    try:
        reason = loaded.limitation(pass_, geometry, operands.input.dtype.name, operands.bias is not None)
        reason = reason or loaded.why_indispensable(pass_, handed_over)
        if reason is not None:
            return Unsupported(beginning(str(reason)))
        start = time.perf_counter()
        with quiet_arithmetic():
            result = to_numpy(loaded.evaluate(pass_, handed_over, geometry))
        seconds = time.perf_counter() - start
    except NotImplementedError as error:
        return Unsupported(beginning(message_of(error)) or "raised NotImplementedError")
    except ProcessDied as error:
        return Died(beginning(message_of(error)))
    except Misconduct as error:
        return Misbehaved(beginning(message_of(error)), time.perf_counter() - start)
    except BaseException as error:  # the candidate is called here
        if interruptible and isinstance(error, KeyboardInterrupt):
            raise
        return _describe_error(error, time.perf_counter() - start)
    if not isinstance(result, np.ndarray) or not is_numeric(result.dtype):
        return Malformed(beginning(_describe_value(result)), seconds)
    mutated = () if expanded else changed(handed_over, operands)
    aliased = next((name for name, copy in copies.items() if np.may_share_memory(copy, result)), None)
    return Returned(np.ascontiguousarray(result).reshape(result.shape), seconds, mutated, aliased)


def quiet_arithmetic() -> np.errstate:
    """NumPy's warnings off, since operands overflow on purpose; an error that a candidate asks for stays one."""
    return np.errstate(**{kind: "ignore" for kind, act in np.geterr().items() if act == "warn"})  # type: ignore[arg-type]


def write_text(
    loaded: LoadedCandidate, pass_: Pass, geometry: ConvGeometry, dtype: str, *, bias: bool, interruptible: bool = False
) -> str:
    """The paste-able call of a candidate, which may write it itself; a comment where it does not."""
    try:
        return str(loaded.call_text(pass_, geometry, dtype, bias))
    except BaseException as error:  # the candidate writes the text
        if interruptible and isinstance(error, KeyboardInterrupt):
            raise
        return _comment(f"{loaded.info.name} wrote no call: {type(error).__name__}: {beginning(message_of(error))}")


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in text.splitlines())


def message_of(error: BaseException) -> str:
    """What an exception says, or that it cannot say it."""
    try:
        return str(error)
    except BaseException as second:  # noqa: BLE001 - the exception may be the candidate's own, and run its code
        return f"(no message: its __str__ raised {type(second).__name__})"


def _describe_error(error: BaseException, seconds: float) -> Raised | OutOfMemory | DeviceLost:
    message = message_of(error)
    if isinstance(error, DeviceDied) or is_lost(message):
        return DeviceLost(beginning(f"{type(error).__name__}: {message}"))
    if isinstance(error, MemoryError) or any(sign in message for sign in _OUT_OF_MEMORY):
        return OutOfMemory(beginning(f"{type(error).__name__}: {message}"))
    return Raised(type(error).__name__, beginning(message), _own_place(error.__traceback__), seconds)


def _own_place(trace: TracebackType | None) -> str:
    """The deepest frame in the file whose frame comes first: the candidate's own, not its library's."""
    frames = [frame for frame in traceback.extract_tb(trace) if frame.filename not in _OWN_FILES]
    own = [frame for frame in frames if frame.filename == frames[0].filename]
    return f"{own[-1].filename}:{own[-1].lineno}" if own else ""


def _describe_value(value: object) -> str:
    if value is None:
        return "None"
    if isinstance(value, np.ndarray):
        return f"an array of {value.dtype}, which is no type of numbers, of shape {value.shape}"
    kind = type(value)
    module = "" if kind.__module__ == "builtins" else f"{kind.__module__}."
    return f"a {module}{kind.__qualname__}"
