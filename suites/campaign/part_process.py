"""The process that examines one part: a plan comes in, a run folder is left."""

from __future__ import annotations

import pickle
import signal
import sys
from contextlib import closing
from pathlib import Path
from typing import NoReturn

from ...oracle.errors import InvalidArgument
from ...reports.errors import InvalidRecord
from ...reports.files.run import RunWriter
from ..calling.lifetime import end_with
from ..candidates import CandidateError
from ..search.failure_store import Given, Remembered, version_of
from ..search.findings import RunPlan
from ..search.runner import describe_run, executors, run
from .task import REFUSED


def main() -> int:
    """Read a plan from standard input, which its parent wrote, and examine its part."""
    if not end_with(int(sys.argv[2])):
        return REFUSED
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    plan: RunPlan
    kept: tuple[Remembered, ...]
    plan, kept = pickle.load(sys.stdin.buffer)
    try:
        with executors(plan) as candidates:
            memories = {name: Given(kept, version_of(executor.info)) for name, executor in candidates.items()}
            info = describe_run(plan, "campaign", candidates, "convoracle campaign")
            with (
                RunWriter.create(Path(sys.argv[1]), info) as writer,
                closing(run(plan, candidates, memories, writer)) as told,
            ):
                for _ in told:
                    pass
    except (CandidateError, InvalidArgument, InvalidRecord) as error:
        print(error, file=sys.stderr)
        return REFUSED
    return 0


def _exit() -> NoReturn:
    sys.exit(main())


if __name__ == "__main__":
    _exit()
