"""What happens to convoracle itself, done for real: exit code, words, a folder that is read, and nothing left."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path

import pytest

from convoracle.reports import read_records, read_run

from ...kept import kept
from .conftest import CHECK, COMMAND, RIGHT, shell, signalled, started
from .of_the_harness import HINDERED, SIGNALLED, Hindered, Signalled
from .remains import nothing_left, processes


def records_of(folder: Path) -> list[str]:
    """The cases in a run folder, which is read in full."""
    read_run(folder)
    return [record.case for record in read_records(folder)]


def after(folder: Path) -> None:
    """What holds of the folder of a run that was killed: it is read, and its report is made."""
    found = records_of(folder)
    assert found
    done = subprocess.run([*COMMAND, "report", str(folder)], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    assert records_of(folder) == found
    assert "</html>" in (folder / "index.html").read_text()


@pytest.mark.parametrize("fault", SIGNALLED, ids=lambda fault: fault.what.replace(" ", "_"))
def test_a_run_gets(fault: Signalled, folder: Path) -> None:
    with nothing_left():
        code, errors = signalled(started(folder), fault.numbers)
    assert (code, errors) == (fault.code, "convoracle: interrupted\n")
    page = folder / "run" / "index.html"
    assert page.exists() or not fault.has_page
    assert not page.exists() or "</html>" in page.read_text()
    assert not read_run(folder / "run").finished
    after(folder / "run")


@pytest.mark.parametrize("fault", HINDERED, ids=lambda fault: fault.what.replace(" ", "_"))
def test_it_runs_where(fault: Hindered, folder: Path) -> None:
    with nothing_left():
        done = shell(folder, fault.script)
    assert done.returncode == fault.code, done.stderr
    assert re.search(fault.told, done.stderr) if fault.told else done.stderr == ""
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.splitlines()) == bool(fault.told)
    page = folder / "run" / "index.html"
    assert not page.exists() or "</html>" in page.read_text()
    if (folder / "run" / "records").exists():
        read_run(folder / "run")


def test_two_runs_on_one_folder(folder: Path) -> None:
    with nothing_left():
        first = started(folder)
        second = subprocess.run([*COMMAND, *CHECK], cwd=folder, capture_output=True, text=True, timeout=60)
        assert second.returncode == 2
        assert "is being written by another run" in second.stderr
        assert signalled(first, [signal.SIGTERM])[0] == 130
    after(folder / "run")


_FULL = """
mkdir disk && mount -t tmpfs -o size=40k tmpfs disk || exit 77
$CHECK --cases 300 --out disk/run; echo "code $?"
test -e disk/run/index.html && echo "page"
mount -o remount,size=10m disk
$CONVORACLE report disk/run && cp -r disk/run kept
"""


def test_a_disk_that_is_full_and_has_space_again(folder: Path) -> None:
    done = subprocess.run(["unshare", "--mount", "true"], capture_output=True)
    if done.returncode:
        pytest.skip("no file system may be mounted here")
    with nothing_left():
        done = shell(folder, f"unshare --mount --propagation private bash -c '{_FULL}'")
    if done.returncode == 77:
        pytest.skip("no file system may be mounted here")
    assert "code 3\n" in done.stdout
    assert "page\n" not in done.stdout
    assert done.stderr == "convoracle: writing: No space left on device\n"
    after(folder / "kept")


def killed_at_random(folder: Path, chosen: random.Random) -> None:
    """Kill the parent, or any of its processes, at a random moment of a run."""
    with nothing_left() as mark:
        run = started(folder)
        time.sleep(chosen.uniform(0, 1.0))
        pid = chosen.choice([run.pid, *processes(mark)])
        before = records_of(folder / "run")
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
        time.sleep(0.3)
        if run.poll() is None:
            os.kill(run.pid, signal.SIGTERM)
        _, errors = run.communicate(timeout=60)
        assert run.returncode in (130, 3, 0) or run.returncode == -signal.SIGKILL
        assert "Traceback" not in errors or run.returncode == 3
    assert not Counter(before) - Counter(records_of(folder / "run"))
    after(folder / "run")


@pytest.mark.parametrize("seed", range(2))
def test_nothing_finished_is_lost_where_any_process_is_killed(seed: int, folder: Path) -> None:
    killed_at_random(folder, random.Random(seed))


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(100, 300))
def test_nothing_finished_is_lost_where_any_process_is_killed_two_hundred_times(seed: int, folder: Path) -> None:
    killed_at_random(folder, random.Random(seed))


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("undisturbed")
    (folder / "kernel.py").write_text(RIGHT)
    started(folder, "--cases", "600").communicate(timeout=120)
    return folder / "run"


def killed_and_resumed(folder: Path, undisturbed: Path, chosen: random.Random) -> None:
    """Killed over and over, and each time gone on with."""
    with nothing_left() as mark:
        run = started(folder, "--cases", "600")
        for _ in range(3):
            time.sleep(chosen.uniform(0, 1.0))
            with contextlib.suppress(ProcessLookupError):
                os.kill(chosen.choice([run.pid, *processes(mark)]), signal.SIGKILL)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(run.pid, signal.SIGKILL)
            run.communicate(timeout=60)
            run = subprocess.Popen(
                [*COMMAND, *CHECK[:-2], "--cases", "600", "--resume", "run"],
                cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, start_new_session=True,
            )  # fmt: skip
        _, errors = run.communicate(timeout=120)
        assert run.returncode == 0, errors
    assert kept(folder / "run") == kept(undisturbed)


def test_a_run_that_is_killed_comes_to_the_same_when_it_is_resumed(folder: Path, undisturbed: Path) -> None:
    killed_and_resumed(folder, undisturbed, random.Random(0))


@pytest.mark.campaign
@pytest.mark.parametrize("seed", range(1, 50))
def test_runs_that_are_killed_come_to_the_same_when_they_are_resumed(
    seed: int, folder: Path, undisturbed: Path
) -> None:
    killed_and_resumed(folder, undisturbed, random.Random(seed))
