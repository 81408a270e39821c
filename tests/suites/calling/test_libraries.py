"""Which numerical libraries compute is told as they say it of themselves."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from convoracle.suites.calling import libraries as module
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.libraries import libraries
from convoracle.suites.calling.replies import Limits


def test_each_is_told_once_with_what_is_known_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    openmp = {"internal_api": "openmp", "version": None, "num_threads": 1}
    blas = {"internal_api": "openblas", "version": "0.3.31", "num_threads": 2, "architecture": "Zen"}
    monkeypatch.setattr(module, "threadpool_info", lambda: [openmp, blas, dict(openmp)])
    assert libraries() == ("openblas 0.3.31 for Zen, 2 threads", "openmp, 1 thread")


def test_the_number_of_threads_is_that_of_the_candidates_process() -> None:
    """One, whatever this process has: and who sets it has the number that is set."""
    script = (
        "from convoracle.suites.calling.isolation import Isolated\n"
        "from convoracle.suites.calling.replies import Limits\n"
        "print(Isolated('reference', Limits()).info.libraries)\n"
    )
    for given, told in (({}, "1 thread'"), ({"OMP_NUM_THREADS": "2", "OPENBLAS_NUM_THREADS": "2"}, "2 threads'")):
        environment = {name: value for name, value in os.environ.items() if "NUM_THREADS" not in name} | given
        done = subprocess.run(
            [sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment
        )
        assert told in done.stdout


def test_both_kinds_of_executor_tell_them() -> None:
    isolated = Isolated("reference", Limits())
    isolated.close()
    assert isolated.info.libraries
    assert InProcess("reference").info.libraries == libraries()


@pytest.mark.parametrize(("given", "processes", "threads"), [(2, 1, 2), (2, 2, 1), (2, 8, 1), (1, 1, 1)])
def test_a_process_computes_on_its_share_of_the_cores_and_on_no_more_than_it_had(
    given: int, processes: int, threads: int
) -> None:
    script = (
        "import os; os.sched_getaffinity = lambda _: range(2)\n"
        "import numpy\n"
        "from convoracle.suites.calling.libraries import libraries, share_cores\n"
        f"share_cores({processes})\n"
        "print(libraries())\n"
    )
    environment = dict(os.environ) | {"OPENBLAS_NUM_THREADS": str(given), "OMP_NUM_THREADS": str(given)}
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=environment)
    assert f"{min(threads, os.cpu_count() or 1)} thread" in done.stdout
