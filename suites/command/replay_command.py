"""`convoracle replay`: the recorded operands of a mismatch, put to a candidate again."""

from __future__ import annotations

import argparse
from contextlib import closing
from dataclasses import replace
from pathlib import Path

from ...oracle.judging.verdict import Verdict
from ...oracle.operands.data import parse_case
from ...reports import mismatch_text, read_mismatch
from ...reports.records.record import Evidence, Mismatch
from ..calling.executor import Executor
from ..calling.in_process import InProcess
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..candidates import BUILT_IN, CandidateError
from ..checks.inquiry import ask_again
from ..checks.registry import check_infos
from .arguments import amount
from .plain_console import plain_console


def add_options(replay: argparse.ArgumentParser) -> None:
    """Which mismatch is asked again, and of whom."""
    replay.add_argument("record", type=Path, metavar="RECORD", help="a mismatch.json, or its folder")
    replay.add_argument(
        "--candidate",
        metavar="CANDIDATE",
        help="whom to ask; needed if the one recorded is not built in, since a record is never executed",
    )
    replay.add_argument("--in-process", action="store_true", help="run the candidate in this process, for a debugger")
    replay.add_argument(
        "--time-limit", type=amount, default=10.0, metavar="S", help="seconds that the call may take (default: 10)"
    )
    replay.set_defaults(run="replay_command:replay")


def replay(options: argparse.Namespace) -> int:
    """Ask again; 0 if the candidate now conforms, 1 if the mismatch is still there."""
    mismatch, evidence = read_mismatch(options.record, check_infos())
    source = _source(options.candidate, mismatch)
    limits = Limits(seconds_per_call=options.time_limit)
    with closing(InProcess(source) if options.in_process else Isolated(source, limits)) as executor:
        verdict = ask_recorded(mismatch, evidence, executor)
        _tell(mismatch, verdict, executor)
    return 1 if verdict.outcome.is_mismatch else 0


def ask_recorded(mismatch: Mismatch, evidence: Evidence, executor: Executor) -> Verdict:
    """The verdict of a mismatch's check on a candidate, on the recorded operands.

    What was asked before it is asked first, on operands of its own case. The expected values are computed anew: those
    of the record are for people. A check that makes calls of its own derives their operands from the case.
    """
    case = parse_case(mismatch.case)
    for name, subject, earlier in mismatch.after:
        ask_again(executor, name, subject, parse_case(earlier))
    recorded = evidence.operands if mismatch.numbers is not None else None
    result = ask_again(executor, mismatch.check, mismatch.subject, case, recorded=recorded)
    if result is None:
        raise CandidateError(f"{executor.info.name} offers too little for {mismatch.check} of {mismatch.subject}")
    return result.verdict


def _source(named: str | None, mismatch: Mismatch) -> str:
    if named is not None:
        return named
    if mismatch.candidate in BUILT_IN:
        return mismatch.candidate
    raise CandidateError(
        f"the record names the candidate {mismatch.candidate!r}, which is not built in, and a record is never "
        f"executed: name the candidate yourself with --candidate"
    )


def _tell(mismatch: Mismatch, verdict: Verdict, executor: Executor) -> None:
    console = plain_console()
    if verdict.outcome.is_mismatch:
        again = replace(mismatch, candidate=executor.info.name, verdict=verdict, witnesses=(), repeats=True)
        console.print(mismatch_text(again, executor.info), soft_wrap=True)
        return
    line = f"{executor.info.name}: {mismatch.check} of {mismatch.subject} {verdict.outcome} on {mismatch.case}"
    reason = f": {verdict.reason}" if verdict.reason else ""
    console.print(line + reason, soft_wrap=True)
