"""Isolation: every way in which a candidate can end badly is the reply to one call, and the next call works."""

from __future__ import annotations

import contextlib
import ctypes
import os
import re
import signal
import stat
import struct
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Never

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.calling import isolation
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Died, Limits, Malformed, Returned, TimedOut
from convoracle.suites.candidates import CandidateError

from ..misbehaving import GEOMETRY, LIMITS, SIGNAL_OF_WEIGHT, bad_call_then_good, misbehaving, operands
from ..sessions import processes_of_session


def spin(input: Array, weight: Array) -> object:
    while True:
        pass


def spin_holding_the_interpreter(input: Array, weight: Array) -> object:
    return re.match(r"(a+)+$", "a" * 64 + "b")


def test_segfault() -> None:
    reply = bad_call_then_good(lambda input, weight: ctypes.string_at(0))
    assert isinstance(reply, Died)
    assert reply.cause == "SIGSEGV (segmentation fault)"
    assert "Segmentation fault" in reply.detail
    assert "worker.py" not in reply.detail


@pytest.mark.parametrize(
    ("act", "cause"),
    [
        (lambda input, weight: os.abort(), "SIGABRT (aborted)"),
        (lambda input, weight: os._exit(3), "exit code 3"),
        (lambda input, weight: os.kill(os.getpid(), signal.SIGKILL), "SIGKILL (killed)"),
        (lambda input, weight: os.closerange(3, 256), "exit code 1"),
    ],
)
def test_end_of_the_process(act: Callable[[Array, Array], object], cause: str) -> None:
    reply = bad_call_then_good(act)
    assert isinstance(reply, Died)
    assert reply.cause == cause


def test_last_words_are_kept() -> None:
    def act(input: Array, weight: Array) -> object:
        os.write(2, b"kernel asked for 17 tiles\n")
        os.abort()

    reply = bad_call_then_good(act)
    assert isinstance(reply, Died)
    assert "kernel asked for 17 tiles" in reply.detail


@pytest.mark.parametrize("act", [spin, spin_holding_the_interpreter, lambda input, weight: time.sleep(60)])
def test_hang(act: Callable[[Array, Array], object]) -> None:
    start = time.monotonic()
    reply = bad_call_then_good(act)
    assert reply == TimedOut(LIMITS.seconds_per_call)
    assert time.monotonic() - start < 10


def test_time_limit_of_one_call() -> None:
    with Isolated(misbehaving(spin)) as executor:
        assert executor.call(Pass.FORWARD, operands(SIGNAL_OF_WEIGHT), GEOMETRY, seconds=0.1) == TimedOut(0.1)


@pytest.mark.parametrize(
    "act", [lambda input, weight: np.ones(2**29), lambda input, weight: [bytes(2**26) for _ in range(100)]]
)
def test_memory_limit(act: Callable[[Array, Array], object]) -> None:
    reply = bad_call_then_good(act, Limits(seconds_per_call=30, memory_bytes=2**30))
    assert isinstance(reply, Died)
    assert reply.cause == "memory limit of 1 GiB"


def test_memory_that_the_limit_allows() -> None:
    reply = bad_call_then_good(lambda input, weight: np.ones(2**25)[:8], Limits(memory_bytes=2**30))
    assert isinstance(reply, Returned)


def test_closure_over_local_state() -> None:
    table = {"scale": 3.0}

    class Local:
        name = "local"

        def forward(self, x: Array, w: Array) -> Array:
            return np.full(GEOMETRY.output_shape, table["scale"])

    with Isolated(Local()) as executor:
        reply = executor.call(Pass.FORWARD, operands(), GEOMETRY)
        assert executor.info.name == "local"
        assert executor.passes == {Pass.FORWARD}
    assert isinstance(reply, Returned)
    assert (reply.value == 3.0).all()


def test_what_cannot_be_sent_says_what_to_do() -> None:
    lock = threading.Lock()

    def conv(input: Array, weight: Array) -> Array:
        with lock:
            return input

    with pytest.raises(CandidateError, match="or run it in-process"):
        Isolated(conv)


def test_restart_forgets_state() -> None:
    calls: list[int] = []

    def conv(input: Array, weight: Array) -> Array:
        calls.append(1)
        return np.full(GEOMETRY.output_shape, float(len(calls)))

    with Isolated(conv) as executor:
        counted = []
        for restart in (False, False, True):
            if restart:
                executor.restart()
            reply = executor.call(Pass.FORWARD, operands(), GEOMETRY)
            assert isinstance(reply, Returned)
            counted.append(reply.value.flat[0])
    assert counted == [1, 2, 1]


def test_candidate_that_kills_the_process_which_forks_for_it() -> None:
    def act(input: Array, weight: Array) -> object:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)

    assert bad_call_then_good(act) == Died("took down the process that loaded it")


def test_who_is_late_is_told_as_late_also_where_it_ends_by_itself_when_the_harness_hangs_up() -> None:
    """As where a machine stood still: then a process waits for the next request by the time that it is given up."""

    def late(*_: object) -> Never:
        time.sleep(0.01)
        raise TimeoutError

    with Isolated("reference") as executor:
        for _ in range(20):
            assert isinstance(executor.call(Pass.FORWARD, operands(), GEOMETRY), Returned)
            with pytest.MonkeyPatch.context() as patched:
                patched.setattr(executor, "_ask", late)
                assert isinstance(executor.call(Pass.FORWARD, operands(), GEOMETRY), TimedOut)


@pytest.mark.parametrize("end", ["return", "raise", "wait"])
def test_forked_copy_of_a_candidate_gives_no_answer(end: str) -> None:
    def conv(input: Array, weight: Array) -> Array:
        value = weight.flat[0]
        if os.fork() == 0:
            if end == "raise":
                raise ValueError
            if end == "wait":
                time.sleep(60)
            return np.full(GEOMETRY.output_shape, np.nan)
        time.sleep(0.02 * (value % 2))
        return np.full(GEOMETRY.output_shape, value)

    with Isolated(conv) as executor:
        for count in range(6):
            reply = executor.call(Pass.FORWARD, operands(count), GEOMETRY)
            assert isinstance(reply, Returned)
            assert (reply.value == count).all()
        assert "actual" in executor.call_text(Pass.FORWARD, GEOMETRY, "float64", False)


def test_import_that_forks(tmp_path: Path) -> None:
    (tmp_path / "forking.py").write_text("import os\npid = os.fork()\ndef conv(x, w): return x * 0 + bool(pid)\n")
    with Isolated(f"{tmp_path}/forking.py:conv") as executor:
        for _ in range(3):
            reply = executor.call(Pass.FORWARD, operands(), GEOMETRY)
            assert isinstance(reply, Returned)
            assert (reply.value == 1).all()


def message(text: str) -> bytes:
    return struct.pack("<QQ", len(text), 0) + text.encode()


def write_to_sockets(sent: bytes) -> None:
    for descriptor in range(3, 256):
        with contextlib.suppress(OSError):
            if stat.S_ISSOCK(os.fstat(descriptor).st_mode):
                os.write(descriptor, sent)


@pytest.mark.parametrize(
    "sent",
    [
        b"\xff" * 64,
        message('{"header": {}, "arrays": []}'),
        message('{"header": {"sequence": 99}, "arrays": []}'),
        message('{"header": {"sequence": SEQUENCE}, "arrays": []}'),
        message('{"header": {"sequence": SEQUENCE, "kind": "Raised", "fields": {}}, "arrays": []}'),
        message('{"header": {"sequence": SEQUENCE, "kind": "Spam", "fields": {}}, "arrays": []}'),
    ],
    ids=range(6),
)
def test_what_is_no_reply(sent: bytes) -> None:
    def act(input: Array, weight: Array) -> object:
        write_to_sockets(sent.replace(b"SEQUENCE", b"2       "))
        time.sleep(60)

    assert bad_call_then_good(act, Limits(seconds_per_call=5)) == Died("sent what is no reply")


def test_answer_to_an_earlier_request_is_dropped() -> None:
    stale = message('{"header": {"sequence": 1, "kind": "Unsupported", "fields": {"reason": ""}}, "arrays": []}')

    def act(input: Array, weight: Array) -> object:
        write_to_sockets(stale)
        return weight + 1

    assert isinstance(bad_call_then_good(act), Returned)


def test_import_that_ends_the_process(tmp_path: Path) -> None:
    (tmp_path / "fatal.py").write_text("import os\nos._exit(7)\n")
    with pytest.raises(CandidateError, match="exit code 7"):
        Isolated(f"{tmp_path}/fatal.py:conv")


def test_import_that_hangs(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text("while True: pass\n")
    with pytest.raises(CandidateError, match="took more than 1 s"):
        Isolated(f"{tmp_path}/slow.py:conv", Limits(load_seconds=1))


def test_output_stays_out_of_the_terminal(capfd: pytest.CaptureFixture[str]) -> None:
    reply = bad_call_then_good(lambda input, weight: print("noise", flush=True))
    assert isinstance(reply, Malformed)
    captured = capfd.readouterr()
    assert captured.out == captured.err == ""


def test_close_leaves_no_process_behind() -> None:
    executor = Isolated(misbehaving(spin))
    executor.call(Pass.FORWARD, operands(), GEOMETRY)
    executor.twin().call(Pass.FORWARD, operands(), GEOMETRY)
    session = executor.loader_pid
    assert processes_of_session(session)
    executor.close()
    executor.close()
    _wait_until(lambda: not processes_of_session(session))


HARNESS = """
    import os, sys
    from convoracle.suites.calling.isolation import Isolated
    from convoracle.suites.calling.replies import Limits
    from convoracle.oracle.problem.geometry import ConvGeometry
    from convoracle.oracle.problem.passes import Operands, Pass
    import numpy as np

    def conv(input, weight):
        while spinning:
            pass
        return input

    spinning = sys.argv[1] == "spinning"
    geometry = ConvGeometry.of(size=(1,), kernel=1)
    one = np.ones((1, 1, 1))
    executor = Isolated(conv, Limits(seconds_per_call=60))
    print(executor.loader_pid, flush=True)
    executor.call(Pass.FORWARD, Operands(one, one, None, one), geometry)
    print("called", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize("state", ["idle", "spinning"])
def test_no_process_outlives_a_killed_harness(state: str, tmp_path: Path) -> None:
    script = tmp_path / "harness.py"
    script.write_text(textwrap.dedent(HARNESS))
    with subprocess.Popen(
        [sys.executable, str(script), state], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as harness:
        assert harness.stdout is not None
        session = int(harness.stdout.readline())
        if state == "idle":
            harness.stdout.readline()
        else:
            _wait_until(lambda: len(processes_of_session(session)) == 2)
        harness.kill()
    _wait_until(lambda: not processes_of_session(session))


STOOD_STILL = """
import time
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits

def works(input, weight):
    print("called", flush=True)
    while time.process_time() < begun + 0.5:
        pass
    return input

begun = time.process_time()
case = parse_case("n1c1k1i3f1/float32/uniform/0")
with Isolated(works, Limits(seconds_per_call=2.5)) as executor:
    print(executor.loader_pid, flush=True)
    reply = executor.call(Pass.FORWARD, lattice_operands(case), case.geometry)
    print(type(reply).__name__, flush=True)
"""


def test_a_machine_that_stood_still_is_no_hang_of_the_candidate(tmp_path: Path) -> None:
    script = tmp_path / "harness.py"
    script.write_text(STOOD_STILL)
    with subprocess.Popen([sys.executable, str(script)], stdout=subprocess.PIPE, text=True) as harness:
        assert harness.stdout is not None
        session = int(harness.stdout.readline())
        _wait_until(lambda: len(processes_of_session(session)) == 2, 30)
        all_of_them = [harness.pid, *processes_of_session(session)]
        for number, seconds in ((signal.SIGSTOP, 3.5), (signal.SIGCONT, 0)):
            for pid in all_of_them:
                os.kill(pid, number)
            time.sleep(seconds)
        assert harness.stdout.readline() == "Returned\n"


def _wait_until(condition: Callable[[], bool], seconds: float = 10.0) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_replies_have_one_import_path() -> None:
    assert not hasattr(isolation, "__all__")
