"""Programs as candidates: what crosses the pipes, every way to misbehave on them, and the example in JavaScript."""

from __future__ import annotations

import gc
import json
import os
import shlex
import shutil
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.numbers.dtypes import DTYPES, EVERYDAY, numpy_dtype
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Died, Limits, Misbehaved, Raised, Reply, Returned, TimedOut, Unsupported
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.foreign import executable
from convoracle.suites.candidates.loading.source import load
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.collected import examine_all

from ..conformity import GEOMETRIES, ask, run_call_text
from .compiling import EXAMPLES

PROGRAM = Path(__file__).with_name("program.py")
EXAMPLE = f"exec:node {shlex.quote(str(EXAMPLES / 'node' / 'conv.js'))}"
GOOD, BAD = (ConvGeometry.of(size=(3,), kernel=1, stride=stride) for stride in (1, 2))
needs_node = pytest.mark.skipif(shutil.which("node") is None, reason="no Node.js on this machine")


def source(way: str, *arguments: str) -> str:
    return "exec:" + shlex.join([sys.executable, "-S", "-E", str(PROGRAM), way, *arguments])


def operands(geometry: ConvGeometry, dtype: str = "float64") -> Operands:
    """Operands of arbitrary bits."""
    generator = np.random.default_rng(0)

    def draw(shape: tuple[int, ...]) -> np.ndarray:
        size = int(np.prod(shape)) * numpy_dtype(dtype).itemsize
        return np.frombuffer(bytearray(generator.bytes(size)), numpy_dtype(dtype)).reshape(shape)

    shapes = (geometry.input_shape, geometry.weight_shape, geometry.bias_shape)
    return Operands(*map(draw, shapes), draw(geometry.output_shape), 0.25, *map(draw, shapes))


def bad_call_then_good(executor: InProcess | Isolated) -> Reply:
    """The reply to the misbehaving call, after checking that calls before and directly after it work."""
    assert isinstance(executor.call(Pass.FORWARD, operands(GOOD), GOOD), Returned)
    reply = executor.call(Pass.FORWARD, operands(BAD), BAD)
    after = executor.call(Pass.FORWARD, operands(GOOD), GOOD)
    assert isinstance(after, Returned)
    assert after.value.tobytes() == operands(GOOD).input.tobytes()
    return reply


def test_declarations() -> None:
    candidate = load(source("declaring"))
    assert candidate.info.name == f"{Path(sys.executable).name} -S -E program.py declaring"
    assert candidate.info.version == "program 3.1"
    assert candidate.info.source == source("declaring")
    assert candidate.info.accumulators == (("float16", "float32"),)
    assert candidate.info.multipliers == (("float32", "tfloat32"),)
    assert dict(candidate.info.results)["int8"] == "int8"
    assert dict(candidate.info.conventions) == {
        "algorithm": "transform",
        "contamination": "spreads",
        "subnormals/bfloat16": "flushed",
    }
    assert candidate.info.dtypes == ("float32", "int8")
    assert load(source("good")).info.dtypes == EVERYDAY
    assert candidate.info.domain == (("strides", "[1, 2]"), ("values", "[-127, 127]"))
    assert candidate.info.values == (-127, 127)
    assert candidate.passes == {Pass.FORWARD, Pass.JVP}


def test_every_bit_crosses_and_returns() -> None:
    geometry = ConvGeometry.of(batch=2, in_channels=3, out_channels=3, size=(5,), kernel=1)
    executor = InProcess(source("declaring"))
    for dtype in DTYPES:
        reply = executor.call(Pass.FORWARD, operands(geometry, dtype), geometry, layout="channels_last")
        assert isinstance(reply, Returned)
        assert reply.value.dtype == numpy_dtype(dtype)
        assert reply.value.tobytes() == operands(geometry, dtype).input.tobytes()
        assert (reply.mutated, reply.aliased) == ((), None)


def test_arrays_larger_than_a_pipe() -> None:
    geometry = ConvGeometry.of(batch=300, size=(1000,), kernel=1)
    reply = InProcess(source("good")).call(Pass.FORWARD, operands(geometry), geometry)
    assert isinstance(reply, Returned)
    assert reply.value.tobytes() == operands(geometry).input.tobytes()


def test_a_call_as_the_program_sees_it() -> None:
    geometry = parse_geometry("n2c4k6i5f3s2p1+0d2g2")
    reply = InProcess(source("echo")).call(Pass.JVP, operands(geometry, "float8_e5m2"), geometry)
    assert isinstance(reply, Raised)
    assert (reply.kind, reply.where) == ("ProgramError", "")
    assert json.loads(reply.message) == {
        "do": "call",
        "id": 1,
        "pass": "jvp",
        "geometry": {
            "text": str(geometry),
            "batch": 2,
            "in_channels": 4,
            "out_channels": 6,
            "groups": 2,
            "size": [5],
            "kernel": [3],
            "stride": [2],
            "dilation": [2],
            "pad_low": [1],
            "pad_high": [0],
            "padding_mode": "zeros",
            "transposed": False,
            "output_padding": [0],
            "output_size": [1],
        },
        "operands": [
            {"name": "input", "dtype": "float8_e5m2", "shape": [2, 4, 5]},
            {"name": "weight", "dtype": "float8_e5m2", "shape": [6, 2, 3]},
            {"name": "input_direction", "dtype": "float8_e5m2", "shape": [2, 4, 5]},
            {"name": "weight_direction", "dtype": "float8_e5m2", "shape": [6, 2, 3]},
            {"name": "bias_direction", "dtype": "float8_e5m2", "shape": [6]},
        ],
        "result": {"dtype": "float32", "shape": [2, 6, 1]},
        "learning_rate": 0.0,
        "payload": 2 * (40 + 36) + 6,
    }


def test_calls_by_threads_do_not_mix() -> None:
    executor = InProcess(source("good"))
    geometries = [ConvGeometry.of(size=(size,), kernel=1) for size in range(1, 30)]
    with ThreadPoolExecutor(4) as threads:
        replies = threads.map(lambda each: executor.call(Pass.FORWARD, operands(each), each), geometries)
    for geometry, reply in zip(geometries, replies, strict=True):
        assert isinstance(reply, Returned)
        assert reply.value.tobytes() == operands(geometry).input.tobytes()


def test_unsupported_and_error() -> None:
    assert bad_call_then_good(InProcess(source("unsupported"))) == Unsupported("no stride")
    reply = bad_call_then_good(InProcess(source("error")))
    assert isinstance(reply, Raised)
    assert reply.message == "it broke"


@pytest.mark.parametrize(
    ("way", "cause"),
    [
        ("segfault", "SIGSEGV (segmentation fault)"),
        ("exit-3", "exit code 3"),
        ("exit-0", "exit code 0"),
        ("half", "exit code 0"),
        ("half-payload", "exit code 0"),
    ],
)
def test_deaths(way: str, cause: str) -> None:
    reply = bad_call_then_good(InProcess(source(way)))
    assert isinstance(reply, Died)
    assert reply.cause == cause


@pytest.mark.parametrize(
    ("way", "told"),
    [
        ("close-output", "closed its standard input or output without ending"),
        ("flood", "wrote a line of more than 65536 bytes, which begins 'xxxxxxxx"),
        ("chatter", "replied to the call None, but was asked the call 2"),
        ("garbage", r"wrote 'Segmentation fault (not really)\n' where a message should begin"),
        ("list", r"wrote '[1, 2]\n' where a message should begin"),
        ("not-utf-8", "where a message should begin"),
        ("nested", "wrote '[[[[[["),
        ("long-number", 'wrote \'{"payload": 9999'),
        ("huge-payload", "announced a payload of 1000000000000000, but should be at most 1073741824 bytes"),
        ("negative-payload", "announced a payload of -8, but"),
        ("true-payload", "announced a payload of True, but"),
        ("short", "replied with 4 bytes, but an array of float64 of shape (1,) has 8"),
        ("hostile-shape", "replied with 8 bytes, but an array of float64 of shape (4611686018427387904, 46"),
        ("negative-shape", "replied with shape [-1], but should be a list of integers of at least 0"),
        ("no-shape", "replied with shape '[1]', but"),
        ("object", "replied with dtype 'object', but should be one of float64, float32"),
        ("no-dtype", "replied with dtype ['float64'], but"),
        ("other-id", "replied to the call 99, but was asked the call 2"),
        ("no-reply", "gave the reply 'perhaps', but should be array, unsupported or error"),
    ],
)
def test_misconduct(way: str, told: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executable, "_DYING_SECONDS", 0.2)
    reply = bad_call_then_good(InProcess(source(way)))
    assert isinstance(reply, Misbehaved)
    assert reply.description.startswith("the program ")
    assert told in reply.description


def test_what_is_said_unasked_counts_against_the_next_call() -> None:
    executor = InProcess(source("stray"))
    assert isinstance(executor.call(Pass.FORWARD, operands(BAD), BAD), Returned)
    time.sleep(0.1)
    reply = executor.call(Pass.FORWARD, operands(GOOD), GOOD)
    assert isinstance(reply, Misbehaved)
    assert r"wrote 'done\n' to its standard output without being asked" in reply.description
    assert isinstance(executor.call(Pass.FORWARD, operands(GOOD), GOOD), Returned)


def test_death_in_isolation_keeps_the_last_words() -> None:
    with Isolated(source("segfault")) as executor:
        reply = bad_call_then_good(executor)
    assert isinstance(reply, Died)
    assert (reply.cause, reply.detail) == ("SIGSEGV (segmentation fault)", "kernel asked for 17 tiles")


def test_a_program_that_hangs_is_killed(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    with Isolated(source("hang", str(file)), Limits(seconds_per_call=1.0)) as executor:
        assert bad_call_then_good(executor) == TimedOut(1.0)
        deadline = time.monotonic() + 5
        while is_running(int(file.read_text())):
            assert time.monotonic() < deadline
            time.sleep(0.01)


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        ("exec:", r"exec: names no program: write exec:program argument"),
        ("exec:'./a", r"exec:'./a cannot be split into words: No closing quotation"),
        ("exec:./absent-program x", r"there is no program ./absent-program that can be run \(looked in "),
        (source("newer"), r"program.py newer speaks version 2 of the protocol, but this is version 1"),
        (source("no-version"), r"speaks version None of the protocol"),
        (source("no-passes"), r"offers passes=None, but should offer a list of some of forward, input_gradient"),
        (source("unknown-pass"), r"offers passes=\['forward', 'backward'\], but"),
        (source("unknown-dtype"), r"declares dtypes=\['float32', 'int32'\], but should name some of float64,"),
        (source("dtype-text"), r"declares dtypes='float32', but should name some of float64,"),
        (source("unknown-accumulator"), r"declares accumulators=\{'float32': 'float12'\}, but should map"),
        (source("dies-at-start"), r"ended instead of answering the start message: exit code 4"),
        (
            source("talks-at-start"),
            r"as docs/protocol.md says: the program wrote 'welcome!\\n' where a message should begin",
        ),
        (source("silent"), r"did not answer the start message within 0.3 s"),
    ],
)
def test_programs_that_are_no_candidates(command: str, sentence: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(executable, "_START_SECONDS", 0.3 if "silent" in command else 30.0)
    with pytest.raises(CandidateError, match=sentence) as raised:
        load(command)
    assert "\n" not in str(raised.value)


def test_a_file_that_cannot_be_started(tmp_path: Path) -> None:
    path = tmp_path / "program"
    path.write_bytes(b"\x7fELF, but not really\n" * 10)
    path.chmod(0o755)
    with pytest.raises(CandidateError, match=r"program cannot be started: Exec format error"):
        load(f"exec:{path}")
    path.chmod(0o644)
    with pytest.raises(CandidateError, match=r"there is no program .* check its name and that it is executable"):
        load(f"exec:{path}")


def test_no_process_is_left() -> None:
    executor = InProcess(source("good", "left"))
    executor.call(Pass.FORWARD, operands(GOOD), GOOD)
    assert any("program.py good left" in command for command in commands_of_children())
    del executor
    gc.collect()
    assert not any("program.py good left" in command for command in commands_of_children())


def commands_of_children() -> list[str]:
    children = Path(f"/proc/{os.getpid()}/task/{os.getpid()}/children").read_text().split()
    return [Path(f"/proc/{pid}/cmdline").read_text().replace("\0", " ") for pid in children]


@needs_node
@pytest.mark.parametrize("geometry", GEOMETRIES, ids=str)
def test_example_equals_the_equations(geometry: ConvGeometry) -> None:
    executor = InProcess(EXAMPLE)
    for pass_ in executor.passes:
        assert isinstance(ask(executor, pass_, geometry, "float32"), Returned), pass_
    assert ask(executor, Pass.FORWARD, geometry, "float16") == Unsupported("float16 is not implemented")


@needs_node
def test_example_conforms_in_isolation() -> None:
    with Isolated(EXAMPLE) as executor:
        findings = examine_all(executor, Budget(PROFILES["quick"].space(), frozenset(Pass), 20, 0))
    assert findings.compared > 50
    assert not findings.mismatches, findings.text(executor.info)


@needs_node
def test_example_with_a_fault() -> None:
    space = PROFILES["quick"].space(ranks=(1, 2), dtypes=("float32", "int8"))
    with Isolated(f"{EXAMPLE} kernel-rotated") as executor:
        findings = examine_all(executor, Budget(space, frozenset({Pass.FORWARD, Pass.INPUT_GRADIENT}), 20, 0))
    assert [mismatch.subject for mismatch in findings.mismatches] == ["input_gradient"]


@needs_node
def test_call_text_runs_in_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(EXAMPLES / "node")
    executor = InProcess("exec:node conv.js")
    monkeypatch.chdir(tmp_path)
    for pass_ in executor.passes:
        run_call_text(executor, pass_, parse_geometry("n1c2k2i3f2s2"), "float32")
