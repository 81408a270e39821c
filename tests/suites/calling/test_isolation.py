"""Isolation: every way in which a candidate can end badly is the reply to one call, and the next call works."""

from __future__ import annotations

import contextlib
import ctypes
import os
import platform
import random
import re
import signal
import stat
import struct
import subprocess
import sys
import textwrap
import threading
import time
from collections.abc import Callable, Iterator
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


def test_memory_that_nobody_wrote_can_hold_other_bytes() -> None:
    def conv(input: Array, weight: Array) -> Array:
        return np.full(GEOMETRY.output_shape, np.empty(1000)[500])

    with Isolated(conv) as executor:
        told = []
        for restart in (executor.restart, executor.restart_filled_otherwise, executor.restart):
            restart()
            reply = executor.call(Pass.FORWARD, operands(), GEOMETRY)
            assert isinstance(reply, Returned)
            told.append(reply.value.flat[0])
    usual, other = (np.full(8, byte, np.uint8).view(np.float64)[0] for byte in (0xBF, 0xC0))
    assert told == [usual, other, usual]


@pytest.mark.parametrize("size", [129, 1000, 100_000])
def test_memory_that_nobody_wrote_need_not_be_filled_and_is_again_in_the_next_call(size: int) -> None:
    """The smallest one is what the C library would hand out again without a look at it."""

    def conv(input: Array, weight: Array) -> Array:
        memory = np.empty(size)
        found = memory[size // 2]
        memory[...] = 7
        return np.full(GEOMETRY.output_shape, found)

    with Isolated(conv) as executor:
        told = []
        for is_filled in (True, False, False, True, True, False, True):
            reply = executor.call(Pass.FORWARD, operands(), GEOMETRY, is_filled=is_filled)
            assert isinstance(reply, Returned)
            told.append((is_filled, reply.value.flat[0]))
    usual = np.full(8, 0xBF, np.uint8).view(np.float64)[0]
    assert all((found == usual) == is_filled for is_filled, found in told), told


@pytest.mark.parametrize("size", [24, 1000, 5000])
def test_a_block_that_is_freed_twice_with_another_between_is_noticed_at_once(size: int) -> None:
    def conv(input: Array, weight: Array) -> Array:
        library = ctypes.CDLL(None)
        library.malloc.restype, library.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
        one, other, _ = (library.malloc(size) for _ in range(3))
        for each in (one, other, one):
            library.free(each)
        return np.full(GEOMETRY.output_shape, 0.0)

    with Isolated(conv) as executor:
        reply = executor.call(Pass.FORWARD, operands(), GEOMETRY)
    assert isinstance(reply, Died)
    assert reply.cause == "SIGABRT (aborted)"
    assert "double free" in reply.detail


def test_candidate_that_kills_the_process_which_forks_for_it() -> None:
    def act(input: Array, weight: Array) -> object:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)

    assert bad_call_then_good(act) == Died("took down the process that loaded it")


def counting(input: Array, weight: Array) -> Array:
    """How many calls its process saw before; the signal is to end the process that forked that."""
    if weight.flat[0] == SIGNAL_OF_WEIGHT:
        os.kill(os.getppid(), signal.SIGKILL)
        time.sleep(60)
    before: list[int] = counting.__dict__.setdefault("before", [])
    before.append(1)
    return np.full(GEOMETRY.output_shape, float(len(before)))


def count(executor: Isolated) -> float:
    reply = executor.call(Pass.FORWARD, operands(), GEOMETRY)
    assert isinstance(reply, Returned)
    return float(reply.value.flat[0])


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


def test_twins_have_processes_of_their_own() -> None:
    with Isolated(counting) as executor, executor.twin() as twin, twin.twin() as third:
        assert (twin.info, twin.passes) == (executor.info, executor.passes)
        assert [count(each) for each in (executor, executor, twin, third, twin, executor)] == [1, 2, 1, 1, 2, 3]
        twin.restart()
        assert [count(each) for each in (twin, executor)] == [1, 4]
        third.close()
        assert [count(each) for each in (twin, executor)] == [2, 5]


def test_no_twin_ends_because_the_one_that_forked_it_does() -> None:
    """Who forks a twin is left to chance: of many, some are adopted by one that buries what candidates leave."""
    chosen = random.Random(4)
    with Isolated("reference") as executor, contextlib.ExitStack() as opened:
        twins = [opened.enter_context(executor.twin()) for _ in range(6)]
        for _ in range(8):
            for twin in twins:
                assert isinstance(twin.call(Pass.FORWARD, operands(), GEOMETRY), Returned)
            for twin in (kept := [twin for twin in twins if chosen.random() < 0.5 or twin.close()]):
                twin.restart()
                replies = [each.call(Pass.FORWARD, operands(), GEOMETRY) for each in kept]
                assert all(isinstance(reply, Returned) for reply in replies), replies
            twins = [*kept, *(opened.enter_context(executor.twin()) for _ in range(6 - len(kept)))]
        assert len(children_of(executor.loader_pid)) <= 2 * len(twins)


def children_of(pid: int) -> list[str]:
    """Also those that have ended and were not buried."""
    return [child for each in Path(f"/proc/{pid}/task").glob("*/children") for child in each.read_text().split()]


@pytest.mark.parametrize("is_twins", [True, False])
def test_a_twin_or_its_original_whose_process_is_taken_down_has_another(is_twins: bool) -> None:
    with Isolated(counting, LIMITS) as executor, executor.twin() as twin:
        deadly = twin if is_twins else executor
        assert deadly.call(Pass.FORWARD, operands(SIGNAL_OF_WEIGHT), GEOMETRY) == Died(
            "took down the process that loaded it"
        )
        assert [count(each) for each in (deadly, twin, executor)] == ([1, 2, 1] if is_twins else [1, 1, 2])


def test_a_twin_loads_the_candidate_itself_where_nobody_is_left_to_fork_one() -> None:
    with Isolated(counting) as executor, executor.twin() as twin:
        os.killpg(executor.loader_pid, signal.SIGKILL)
        assert isinstance(twin.call(Pass.FORWARD, operands(), GEOMETRY), Returned)
        session = twin.loader_pid
        assert _processes_of_session(session)
    assert not _processes_of_session(session)


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


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="other allocators cannot be told to fill memory")
def test_uninitialised_memory_is_never_zero() -> None:
    with Isolated(lambda input, weight: np.empty(10_000, np.float32)) as executor:
        replies = [executor.call(Pass.FORWARD, operands(), GEOMETRY) for _ in range(3)]
    for reply in replies:
        assert isinstance(reply, Returned)
        assert np.mean(reply.value == 0) < 0.01


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
    assert _processes_of_session(session)
    executor.close()
    executor.close()
    _wait_until(lambda: not _processes_of_session(session))


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
            _wait_until(lambda: len(_processes_of_session(session)) == 2)
        harness.kill()
    _wait_until(lambda: not _processes_of_session(session))


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
        _wait_until(lambda: len(_processes_of_session(session)) == 2, 30)
        all_of_them = [harness.pid, *_processes_of_session(session)]
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


def _processes_of_session(session: int) -> list[int]:
    return [pid for pid, found in _sessions() if found == session]


def _sessions() -> Iterator[tuple[int, int]]:
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if fields[0] != "Z":
                yield int(entry.name), int(fields[3])


def test_replies_have_one_import_path() -> None:
    assert not hasattr(isolation, "__all__")


TWINS = """
from convoracle.oracle.operands.data import lattice_operands, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits, Returned

case = parse_case("n1c1k1i3f2/float32/uniform/0")
twins = [Isolated("reference", Limits())]
for _ in range(12):
    twins.append(twins[-1].twin())
    for twin in twins:
        twin.restart()
        assert isinstance(twin.call(Pass.FORWARD, lattice_operands(case), case.geometry), Returned)
for twin in reversed(twins):
    twin.close()
"""


def test_of_twins_that_hear_one_knock_none_waits_for_the_next() -> None:
    """All listen at one door; who came too late waited there, and its harness for it, 161 s in all of this."""
    subprocess.run([sys.executable, "-c", TWINS], check=True, timeout=60)
