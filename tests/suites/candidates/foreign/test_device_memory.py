"""Libraries with a device of their own, on one that is pretended: whoever else touches its memory dies of it."""

from __future__ import annotations

import contextlib
import ctypes
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.layouts import LAYOUTS
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import (
    DEVICE_LOST,
    Died,
    Misbehaved,
    Raised,
    Reply,
    Returned,
    Unsupported,
)
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.foreign.guarded import Guarded
from convoracle.suites.candidates.foreign.shared_library import SharedLibrary
from convoracle.suites.candidates.loading.source import load
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.collected import examine_all

from ..conformity import GEOMETRIES, ask, integer_operands, run_call_text
from .compiling import EXAMPLES, compile_library, needs_compiler

pytestmark = needs_compiler
SOURCE = Path(__file__).with_name("on_device.c")
FAULTS = re.findall(r"^    ([A-Z_]+)[, ]", SOURCE.read_text(), re.MULTILINE)
PLAIN, STRIDED = parse_geometry("n1c2k2i5f3"), parse_geometry("n1c2k2i5f3s2")
EMPTY = [parse_geometry(text) for text in ("n0c2k2i5f3", "n1c0k2i5f3", "n1c2k0i5f3")]
ROOM = 2**30


def compiled(folder: Path, *options: str) -> Path:
    return compile_library(SOURCE, folder, f'-DEXAMPLE="{EXAMPLES / "c" / "conv.c"}"', *options)


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return compiled(tmp_path_factory.mktemp("device"))


@contextlib.contextmanager
def planted(library: Path, fault: str, room: int = ROOM) -> Iterator[None]:
    """Have the library, as this process has it, a fault and so much memory; it should have freed all in the end."""
    functions = ctypes.CDLL(str(library))
    functions.pretended_reset.argtypes = (ctypes.c_int32, ctypes.c_size_t)
    functions.pretended_reset(FAULTS.index(fault), room)
    try:
        yield
    finally:
        functions.pretended_reset(FAULTS.index("NONE"), ROOM)
        assert functions.pretended_live() == 0


def forward(library: Path, geometry: ConvGeometry = PLAIN) -> Reply:
    return ask(InProcess(str(library)), Pass.FORWARD, geometry, "float32")


def test_right_on_a_device(library: Path) -> None:
    executor = InProcess(str(library))
    with planted(library, "NONE"):
        for geometry in (*GEOMETRIES, *EMPTY):
            for pass_ in executor.passes:
                assert isinstance(ask(executor, pass_, geometry, "float32"), Returned), (pass_, geometry)


@pytest.mark.parametrize("layout", LAYOUTS)
def test_each_layout_is_the_same_there(library: Path, layout: str) -> None:
    with planted(library, "NONE"):
        for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT):
            assert isinstance(ask(InProcess(str(library)), pass_, GEOMETRIES[3], "float64", layout=layout), Returned)


def test_conforms_in_isolation(library: Path) -> None:
    with Isolated(str(library)) as executor:
        findings = examine_all(executor, Budget(PROFILES["quick"].space(), frozenset(Pass), 12, 0))
    assert findings.compared > 50
    assert not findings.mismatches, findings.text(executor.info)


def test_call_text_runs(library: Path) -> None:
    with planted(library, "NONE"):
        run_call_text(InProcess(str(library)), Pass.FORWARD, PLAIN, "float32")


def test_where_a_piece_lies(library: Path) -> None:
    pieces = [Guarded(size, misalignment) for size in (0, 1, 100_000) for misalignment in (0, 4, 63)]
    with planted(library, "NONE"), SharedLibrary(library)._placed(pieces) as shifts:
        for piece, shift in zip(pieces, shifts, strict=True):
            assert shift != 0
            assert (piece.address + shift) % 64 == piece.address % 64
        assert ctypes.CDLL(str(library)).pretended_live() == len(pieces)


def test_whoever_else_touches_its_memory_dies(library: Path, tmp_path: Path) -> None:
    """Else nothing here would show that convoracle does not."""
    (tmp_path / "touching.py").write_text(
        "import ctypes\n"
        "from convoracle.suites.candidates.foreign.guarded import Guarded\n"
        "from convoracle.suites.candidates.foreign.shared_library import SharedLibrary\n"
        "def conv(x, w):\n"
        "    piece = Guarded(8)\n"
        f"    with SharedLibrary({str(library)!r})._placed([piece]) as (shift,):\n"
        "        return ctypes.string_at(piece.address + shift, 8)\n"
    )
    with Isolated(f"{tmp_path}/touching.py:conv") as executor:
        reply = ask(executor, Pass.FORWARD, PLAIN, "float32", bias=False)
    assert isinstance(reply, Died)
    assert reply.cause == "SIGSEGV (segmentation fault)"


@pytest.mark.parametrize(
    ("fault", "kind", "told"),
    [
        ("FULL", Unsupported, r"conv_device_allocate of \d+ bytes: out of memory"),
        ("NO_ADDRESS", Misbehaved, r"conv_device_allocate of \d+ bytes says that all is well, but gives no address"),
        ("WRITES_NOTHING", Misbehaved, r"conv_device_write of \d+ bytes and then conv_device_read of the same gives"),
        ("READS_NOTHING", Misbehaved, r"conv_device_write of \d+ bytes and then conv_device_read of the same gives"),
        ("READ_FAILS", Raised, r"conv_device_read: no transport"),
        ("FREE_FAILS", Raised, r"conv_device_free: no such block"),
        ("MESSAGE_OVERRUN", Misbehaved, r"conv_device_read wrote up to 1 byte past the end of its message"),
        ("PASS_FAILS", Raised, r"no kernel"),
    ],
)
def test_what_goes_wrong_is_told_and_all_is_freed(library: Path, fault: str, kind: type[Reply], told: str) -> None:
    with planted(library, fault):
        reply = forward(library)
        assert isinstance(reply, kind), reply
        assert re.search(told, str(reply)), reply
        assert ctypes.CDLL(str(library)).pretended_live() == 0
    assert isinstance(forward(library), Returned)


def test_a_device_with_room_for_some_of_it(library: Path) -> None:
    with planted(library, "NONE", room=20_000):  # the trial, and then the result and one operand
        reply = forward(library)
    assert isinstance(reply, Unsupported)
    assert re.fullmatch(r"conv_device_allocate of \d+ bytes: out of memory", reply.reason)


def test_what_is_not_written_shows(library: Path) -> None:
    with planted(library, "PASS_DOES_NOTHING"):
        reply = InProcess(str(library)).call(Pass.FORWARD, integer_operands(PLAIN, "float32"), PLAIN)
    assert isinstance(reply, Returned)
    assert np.isnan(reply.value).all()


@pytest.mark.parametrize(("fault", "said"), [("LOST_LATER", "illegal memory"), ("LOST_BY_STATUS", "off the bus")])
def test_a_lost_device_is_a_crash_of_one_call(library: Path, tmp_path: Path, fault: str, said: str) -> None:
    with planted(library, fault):
        here = forward(library, STRIDED)
    assert isinstance(here, Died)
    with Isolated(str(compiled(tmp_path, f"-DFAULT={fault}"))) as executor:
        lost = ask(executor, Pass.FORWARD, STRIDED, "float32")
        assert isinstance(ask(executor, Pass.FORWARD, PLAIN, "float32"), Returned)
    assert isinstance(lost, Died)
    assert (here.cause, lost.cause) == (DEVICE_LOST, DEVICE_LOST)
    assert said in lost.detail


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("WRITES_PAST_THE_END", r"conv_forward wrote up to \d+ bytes past the end of its result"),
        ("CHANGES_ITS_INPUT", r"mutated=\('input',\)"),
    ],
)
def test_writes_where_it_should_not_write(tmp_path: Path, fault: str, told: str) -> None:
    faulty = compiled(tmp_path, f"-DBUG_{fault}")
    with planted(faulty, "NONE"):
        reply = InProcess(str(faulty)).call(Pass.FORWARD, integer_operands(PLAIN, "float32"), PLAIN)
    assert re.search(told, str(reply)), reply


def test_a_wrong_pass_is_diagnosed(tmp_path: Path) -> None:
    space = PROFILES["quick"].space(ranks=(1, 2), dtypes=("float32",))
    with Isolated(str(compiled(tmp_path, "-DBUG_KERNEL_ROTATED"))) as executor:
        findings = examine_all(executor, Budget(space, frozenset({Pass.INPUT_GRADIENT}), 10, 0))
        assert "kernel-not-rotated" in findings.text(executor.info), findings.text(executor.info)


def test_some_of_the_functions_are_an_error(tmp_path: Path) -> None:
    told = (
        r"libon_device.so exports conv_device_allocate, conv_device_write, conv_device_read, but no conv_device_free: "
        r"a library whose passes take memory of its own device exports all 4"
    )
    with pytest.raises(CandidateError, match=told):
        load(str(compiled(tmp_path, "-DWITHOUT_FREE")))


@pytest.mark.parametrize("is_seen", [True, False])
def test_a_device_that_is_begun_as_the_library_is_loaded(tmp_path: Path, is_seen: bool) -> None:
    """It works in no fork, as CUDA's: whoever has the file of an accelerator open is loaded in each process."""
    node = tmp_path / "accelerator"
    node.touch()
    library = compiled(tmp_path, f'-DBEGUN_WHEN_LOADED="{node}"')
    (tmp_path / "kernels.py").write_text(
        "from convoracle.suites.calling import devices\n"
        "from convoracle.suites.candidates.foreign.shared_library import SharedLibrary\n"
        f"devices.NODES = ({str(node) if is_seen else 'none'!r},)\n"
        f"candidate = SharedLibrary({str(library)!r})\n"
    )
    with Isolated(f"{tmp_path}/kernels.py:candidate") as executor:
        reply = executor.call(Pass.FORWARD, integer_operands(PLAIN, "float32"), PLAIN)
    if is_seen:
        assert isinstance(reply, Returned), reply
    else:
        assert isinstance(reply, Raised)
        assert reply.message.endswith("initialization error")
