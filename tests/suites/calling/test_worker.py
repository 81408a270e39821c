"""The process that runs a candidate, spoken to over its socket as `isolation` does."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.problem.passes import Array, Pass
from convoracle.reports.records.record import CandidateInfo
from convoracle.suites.calling.channel import Channel, Garbled, Header
from convoracle.suites.calling.loader import Introduction, exit_code, introduction_from
from convoracle.suites.calling.patience import Patience

INTRODUCTION = {"info": {}, "passes": ["forward"], "seconds_per_call": 7.5, "loading_seconds": 1, "device": ""}
CANDIDATE = """
import os, resource, signal, time

class Conv:
    version = "2.0"
    seconds_per_call = 7.5

    def forward(self, input, weight):
        if weight.flat[0] == 1:
            os._exit(3)
        if weight.flat[0] == 2:
            raise ValueError(f"{resource.getrlimit(resource.RLIMIT_CORE)[0]} {os.getpgid(0) == os.getpid()}")
        if weight.flat[0] == 3:
            while True:
                pass
        return input * weight
"""
REQUEST: Header = {
    "do": "call",
    "pass": "forward",
    "geometry": "n1c1k1i2f1",
    "operands": ["input", "weight", "output_gradient"],
    "learning_rate": 0.5,
    "layout": "contiguous",
    "is_filled": True,
}
EXITED, KILLED = 3 << 8, int(signal.SIGKILL)
"""Wait statuses."""


class Worker:
    """A process that was told to load a candidate, and both ends of what is said to it."""

    def __init__(self, source: str, payload: tuple[Array, ...] = (), *, load_in_forks: bool = False) -> None:
        ours, theirs = socket.socketpair()
        self.door, opened = socket.socketpair()
        given = (theirs.fileno(), opened.fileno())
        command = [sys.executable, "-P", "-m", "convoracle.suites.calling.worker", *map(str, given)]
        self.process = subprocess.Popen(command, pass_fds=given, start_new_session=True, stderr=subprocess.DEVNULL)
        theirs.close()
        opened.close()
        self.control = Channel(ours)
        setup = {"path": sys.path, "source": source, "name": "given", "load_seconds": 60, "memory_bytes": 2**30}
        setup |= {"load_in_forks": load_in_forks}
        self.control.send(setup, payload)
        self.answer = self.control.receive(soon())[0]

    def fork(self) -> Channel:
        self.control.send({"do": "fork", "refilled": False})
        _, (descriptor,), _, _ = socket.recv_fds(self.control.socket, 1, 1)
        child = Channel(socket.socket(fileno=descriptor))
        assert child.receive(soon())[0] == {}  # it has the candidate
        return child

    def bury(self, seconds: float) -> int:
        self.control.send({"do": "bury", "seconds": seconds})
        return int(self.control.receive(soon())[0]["status"])

    def close(self) -> int:
        """Hang up; how it ended."""
        self.control.close()
        self.door.close()
        return self.process.wait(10)


def soon() -> Patience:
    return Patience(30)


def ask(child: Channel, weight: float, sequence: int = 1, **changed: object) -> None:
    arrays = [np.array([[[10.0, 20]]]), np.full((1, 1, 1), weight), np.zeros((1, 1, 2))]
    child.send({**REQUEST, "sequence": sequence, **changed}, arrays)


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Worker]:
    file: Path = tmp_path_factory.mktemp("candidate") / "kernels.py"
    file.write_text(CANDIDATE)
    started = Worker(f"{file}:Conv")
    yield started
    assert started.close() == 0


def test_it_tells_whom_it_loaded(worker: Worker) -> None:
    info = introduction_from(worker.answer).info
    assert (info.name, info.version) == ("kernels.py:Conv", "2.0")
    assert worker.answer["passes"] == ["forward"]
    assert worker.answer["seconds_per_call"] == 7.5


def test_a_child_answers_calls_by_their_number_until_it_is_hung_up_on(worker: Worker) -> None:
    child = worker.fork()
    for sequence, weight in ((5, 4.0), (6, 0.5)):
        ask(child, weight, sequence)
        header, (result,) = child.receive(soon())
        assert (header["kind"], header["sequence"]) == ("Returned", sequence)
        assert result.tolist() == [[[10 * weight, 20 * weight]]]
    child.close()
    assert worker.bury(seconds=10) == 0


def test_a_child_that_ends_is_buried_and_the_next_one_works(worker: Worker) -> None:
    child = worker.fork()
    ask(child, 1)
    with pytest.raises(ConnectionError):
        child.receive(soon())
    child.close()
    assert worker.bury(seconds=10) == EXITED
    child = worker.fork()
    ask(child, 4)
    assert child.receive(soon())[1][0].tolist() == [[[40, 80]]]
    child.close()
    worker.bury(seconds=10)


def test_a_child_that_does_not_end_is_killed_when_patience_does(worker: Worker) -> None:
    child, start = worker.fork(), time.monotonic()
    ask(child, 3)
    assert worker.bury(seconds=0.1) == KILLED
    assert 0.1 <= time.monotonic() - start < 10
    child.close()


def test_a_child_is_in_a_group_of_its_own_and_leaves_no_core(worker: Worker) -> None:
    child = worker.fork()
    ask(child, 2)
    header, _ = child.receive(soon())
    assert header["fields"]["message"] == "0 True"
    child.close()
    worker.bury(seconds=10)


@pytest.mark.parametrize(
    ("changed", "kind", "told"),
    [
        ({"pass": "update"}, "Unsupported", "kernels.py:Conv has no `update`"),
        ({"operands": ["input", "weight", "output_gradient", "bias"]}, "Returned", ""),
        ({"do": "illegal", "settings": {"stride": [0]}, "needs": [["stride"]]}, "Unsupported", "cannot express it"),
        ({"do": "illegal", "settings": {}, "needs": [["input", "stride"]]}, "Returned", ""),
    ],
)
def test_what_is_asked_of_a_child(worker: Worker, changed: dict[str, object], kind: str, told: str) -> None:
    child = worker.fork()
    ask(child, 4, **changed)
    header, _ = child.receive(soon())
    assert header["kind"] == kind
    assert told in header["fields"].get("reason", "")
    child.send(
        {"do": "call_text", "pass": "forward", "geometry": "n1c1k1i2f1", "dtype": "float32", "bias": False}
        | {"sequence": 2}
    )
    header, _ = child.receive(soon())
    assert "actual" in header["text"]
    child.close()
    worker.bury(seconds=10)


def test_what_is_no_request_ends_the_child_and_not_the_worker(worker: Worker) -> None:
    child = worker.fork()
    child.send({"sequence": 1})
    with pytest.raises(ConnectionError):
        child.receive(soon())
    child.close()
    assert worker.bury(seconds=10) == 1 << 8


def test_what_cannot_be_rebuilt_is_told_and_ends_it() -> None:
    failed = Worker("", (np.frombuffer(b"spam", np.uint8),))
    assert failed.answer["error"].startswith("the candidate cannot be rebuilt in a process of its own (Unpickl")
    assert failed.close() == 0


def test_all_end_with_the_harness_even_in_the_midst_of_a_call(tmp_path: Path) -> None:
    (tmp_path / "kernels.py").write_text(CANDIDATE)
    alone = Worker(f"{tmp_path}/kernels.py:Conv")
    child = alone.fork()
    ask(child, 3)
    session = alone.process.pid
    assert alone.close() == 0
    child.close()
    assert session not in sessions()


def sessions() -> set[int]:
    """The sessions of all processes there are."""
    found = set()
    for entry in os.listdir("/proc"):
        if entry.isdigit():
            try:
                found.add(os.getsid(int(entry)))
            except ProcessLookupError:
                continue
    return found


@pytest.mark.parametrize(
    "info",
    [
        CandidateInfo("reference"),
        CandidateInfo(
            "torch",
            "2.9",
            "kernels.py:Conv",
            accumulators=(("float16", "float32"), ("bfloat16", "float32")),
            conventions=(("repeatability", "varies"),),
            dtypes=("float32",),
            validates=True,
            domain=(("ranks", "[1, 2]"),),
            values=(-3, 4),
            threads="one",
        ),
    ],
    ids=lambda info: info.name,
)
def test_info_reads_back_as_it_was(info: CandidateInfo) -> None:
    sent: dict[str, Any] = json.loads(json.dumps(INTRODUCTION | {"info": asdict(info)}))
    told = introduction_from(sent)
    assert told == Introduction(info, (Pass.FORWARD,), 7.5, 1.0, "")
    assert hash(told.info) == hash(info)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"info": None},
        {"passes": ["sideways"]},
        {"passes": "forward"},
        {"seconds_per_call": "nan"},
        {"loading_seconds": -1.0},
        {"device": None},
        {"extra": 1},
        {"error": ["no text"]},
    ],
    ids=str,
)
def test_an_introduction_that_is_none(said: dict[str, Any]) -> None:
    whole = INTRODUCTION | {"info": asdict(CandidateInfo("a"))} if said else {}
    with pytest.raises(Garbled):
        introduction_from(json.loads(json.dumps(whole | said)))


@pytest.mark.parametrize("status", [None, "0", -1, 0x7F, 2**80, [0]], ids=str)
def test_a_status_that_is_none(status: object) -> None:
    with pytest.raises(Garbled, match="no status of a process"):
        exit_code({"status": status})
    assert (exit_code({"status": 0}), exit_code({"status": 9})) == (0, -9)
