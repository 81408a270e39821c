"""Questions of an identity card, asked of what runs a candidate."""

from __future__ import annotations

from ...oracle.numbers.dtypes import result_dtype
from ...oracle.probing.dot import Ask, Unanswered
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Operands, Pass
from .executor import Executor
from .replies import Died, Malformed, Misbehaved, Raised, Reply, Returned, TimedOut, Unsupported


class _Asking:
    """Calls of a candidate; after a death or a missed deadline no more are made for this card."""

    def __init__(self, executor: Executor, dtype: str) -> None:
        self._executor = executor
        self._results = dict(executor.info.results).get(dtype, result_dtype(dtype))
        self._gone = ""

    def __call__(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        if self._gone:
            raise Unanswered(self._gone)
        reply = self._executor.call(pass_, operands, geometry)
        if isinstance(reply, Returned):
            if str(reply.value.dtype) != self._results:
                raise Unanswered(f"a result of {reply.value.dtype}, which should be {self._results}")
            return reply.value
        if isinstance(reply, (Died, TimedOut)):
            self._gone = told(reply)
        raise Unanswered(told(reply))


def asking(executor: Executor, dtype: str) -> Ask:
    """What asks a candidate for results of one dtype, as `probe` wants it."""
    return _Asking(executor, dtype)


def told(reply: Reply) -> str:
    """What came of a call that gave no array, as the end of a sentence."""
    match reply:
        case Raised(kind, message):
            return f"it raised {kind}: {message}"
        case Unsupported(reason):
            return f"it does not offer this: {reason}"
        case Died(cause):
            return f"its process ended: {cause}"
        case TimedOut(seconds):
            return f"no answer within {seconds:g} s"
        case Malformed(description) | Misbehaved(description):
            return f"it returned {description}"
        case _:
            return "an array"
