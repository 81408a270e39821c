"""Whether a fault is a framework's own: its case put to the built-in candidate that the candidate rests on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from ...oracle.problem.passes import Pass, real_parts
from ...reports.records.record import Witness
from ..calling.executor import Executor
from ..calling.isolation import Isolated
from ..calling.replies import Died, Limits, Malformed, Raised, Reply, Returned, TimedOut
from ..candidates import CandidateError
from ..checks.declared import arithmetic_of
from ..checks.examination import ask
from ..checks.inquiry import ask_again
from ..checks.value import operands_of
from .fault import Fault


@dataclass(slots=True)
class Frameworks:
    """The built-in candidates that others rest on: each started when it is first wanted, in a process of its own.

    Parameters
    ----------
    limits : Limits
        Of each call.
    named : mapping of str to Executor
        Those that run already, by name.
    """

    limits: Limits = field(default_factory=Limits)
    named: Mapping[str, Executor] = field(default_factory=dict)
    _started: dict[str, Executor] = field(default_factory=dict)

    def under(self, executor: Executor) -> Executor | None:
        """What a candidate rests on; None where that is nothing, or is not installed."""
        name = executor.info.rests_on
        if not name or name == executor.info.name:
            return None
        if name in self.named:
            return self.named[name]
        if name not in self._started:
            try:
                self._started[name] = Isolated(name, self.limits)
            except CandidateError:
                return None
        return self._started[name]

    def close(self) -> None:
        """End the processes that were started here."""
        while self._started:
            self._started.popitem()[1].close()


def testimony_of(framework: Executor, executor: Executor, fault: Fault) -> tuple[Witness, bool]:
    """What a framework says of a fault's shrunk case, and whether it does the very same there.

    Of a check of values that is: it returns the same numbers, bit for bit, or fails in the
    same words. Of any other: it violates for the same reason, where that of a call among
    others, which another thread's pace decides, counts by its kind.
    """
    case, name = fault.shrunk, framework.info.name
    framework.restart()
    if not fault.is_of_values:
        own = ask_again(executor, fault.check, fault.subject, case)
        theirs = ask_again(framework, fault.check, fault.subject, case)
        if own is None or theirs is None:
            return Witness(name, fault.outcome, "cannot be asked this"), False
        alike = (own.verdict.outcome, own.verdict.cause) == (theirs.verdict.outcome, theirs.verdict.cause)
        same = alike and (fault.kind.among_calls is not None or own.verdict.reason == theirs.verdict.reason)
        verdict = theirs.verdict
    else:
        pass_ = Pass(fault.subject)
        operands = operands_of(fault.numbers, case, arithmetic_of(executor.info, case.dtype))
        own_reply, their_reply = (
            each.call(pass_, operands, case.geometry, layout=case.layout) for each in (executor, framework)
        )
        same = do_the_same(own_reply, their_reply)
        verdict = ask(framework, fault.numbers, case, pass_).verdict
    same = same and verdict.outcome.is_mismatch
    note = f"does the very same by itself: the fault is {name}'s, not {executor.info.name}'s"
    return Witness(name, verdict.outcome, note if same else verdict.reason), same


def do_the_same(own: Reply, theirs: Reply) -> bool:
    """Whether two replies are one: the same numbers, bit for bit but for the bits of a NaN, or the same failure."""
    match own, theirs:
        case Returned(), Returned():
            left, right = own.value, theirs.value
            if (left.dtype, left.shape) != (right.dtype, right.shape):
                return False
            return left.tobytes() == right.tobytes() or np.array_equal(
                real_parts(left), real_parts(right), equal_nan=True
            )
        case Raised(), Raised():
            return (own.kind, own.message) == (theirs.kind, theirs.message)
        case Died(), Died():
            return own.cause == theirs.cause
        case Malformed(), Malformed():
            return own.description == theirs.description
        case TimedOut(), TimedOut():
            return True
    return False
