"""What a call did beside its result: the verdict where there is none to judge, or where it spoiled its operands."""

from __future__ import annotations

from ...oracle.judging.verdict import Outcome, Verdict
from ...reports.records.spoiling import CHANGED, told_of_changed
from ..calling.replies import Died, Malformed, Misbehaved, Raised, Reply, Returned, TimedOut, Unsupported


def judge_conduct(reply: Reply, *, degenerate: bool = False) -> Verdict | None:
    """The verdict that a reply brings on itself; None for a fresh array and intact operands.

    A `degenerate` convolution, with nothing to read or to write, may be refused:
    implementations legitimately differ there.
    """
    match reply:
        case Returned():
            return _judge_returned(reply)
        case Unsupported():
            return Verdict(Outcome.UNSUPPORTED, reply.reason, "unsupported")
        case Raised() if degenerate:
            return Verdict(Outcome.UNSUPPORTED, f"refuses a degenerate convolution: {reply.message}", "degenerate")
        case Raised():
            place = f" at {reply.where}" if reply.where else ""
            return Verdict(Outcome.REFUSED, f"raised {reply.kind}: {reply.message}{place}", reply.kind)
        case Died():
            detail = f"; {reply.detail}" if reply.detail else ""
            reason = f"the process died{_while(reply)}: {reply.cause}{detail}"
            return Verdict(Outcome.CRASHED, reason, reply.cause)
        case TimedOut():
            return Verdict(Outcome.HUNG, f"no answer within {reply.seconds:g} s{_while(reply)}", "timeout")
        case Misbehaved():
            return Verdict(Outcome.VIOLATES, reply.description, "misconduct")
        case Malformed():
            return Verdict(Outcome.VIOLATES, f"returned {reply.description}, but should be an array", "type")


def _while(reply: Died | TimedOut) -> str:
    return f" while {reply.during}" if reply.during else ""


def _judge_returned(reply: Returned) -> Verdict | None:
    if reply.mutated:
        return Verdict(Outcome.VIOLATES, told_of_changed(reply.mutated), CHANGED)
    if reply.aliased is not None:
        reason = f"returned memory of its operand {reply.aliased}, but should be a fresh array"
        return Verdict(Outcome.VIOLATES, reason, "alias")
    return None
