"""The example in CUDA C: as C++ on a pretended device, right and with its faults, and built by nvcc where that is."""

from __future__ import annotations

import ctypes
import re
import shutil
import subprocess
from pathlib import Path

import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported
from convoracle.suites.candidates.foreign.c_interface import HEADER
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search.collected import examine_all

from ..conformity import GEOMETRIES, ask
from .compiling import EXAMPLES, compile_cuda, needs_cpp_compiler

EXAMPLE = EXAMPLES / "cuda" / "conv.cu"
EMPTY = tuple(map(parse_geometry, ("n0c2k2i5f3", "n1c0k2i5f3", "n1c2k0i5f3")))
BEYOND_A_GRID = parse_geometry("n2c4k8i16x9f3x2p1x1")
PLAIN = parse_geometry("n1c2k2i5f3")


@needs_cpp_compiler
def test_example_in_cuda_conforms(tmp_path: Path) -> None:
    library = compile_cuda(EXAMPLE, tmp_path)
    executor = InProcess(str(library))
    for geometry in (*GEOMETRIES, *EMPTY, BEYOND_A_GRID):
        for pass_ in executor.passes:
            assert isinstance(ask(executor, pass_, geometry, "float64", bias=False), Returned), (pass_, geometry)
    assert ctypes.CDLL(str(library)).pretended_live() == 0
    with Isolated(str(library)) as executor:
        findings = examine_all(executor, Budget(PROFILES["quick"].space(), frozenset(Pass), 12, 0))
    assert findings.compared > 40
    assert not findings.mismatches, findings.text(executor.info)


@needs_cpp_compiler
@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("TAIL", r"only whole blocks of 4 elements of a row were ever written"),
        ("WRITES_PAST_THE_END", r"conv_forward wrote up to \d bytes past the end of its result"),
        ("CHANGES_ITS_OPERAND", r"changed its operand input"),
    ],
)
def test_example_in_cuda_with_a_fault(tmp_path: Path, fault: str, reason: str) -> None:
    space = PROFILES["quick"].space(ranks=(1, 2), dtypes=("float32",))
    with Isolated(str(compile_cuda(EXAMPLE, tmp_path, f"-DBUG_{fault}"))) as executor:
        findings = examine_all(executor, Budget(space, frozenset({Pass.FORWARD}), 10, 0))
        assert findings.mismatches
        assert re.search(reason, findings.text(executor.info)), findings.text(executor.info)


@pytest.mark.skipif(shutil.which("nvcc") is None, reason="no nvcc on this machine")
def test_example_in_cuda_by_nvcc(tmp_path: Path) -> None:
    """Where there is no GPU it says so, and nothing is shown as right."""
    command = ["make", "-f", EXAMPLE.with_name("Makefile"), f"VPATH={EXAMPLE.parent}", f"INCLUDE={HEADER.parent}"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    with Isolated(str(tmp_path / "libconv.so")) as executor:
        reply = ask(executor, Pass.FORWARD, PLAIN, "float32", bias=False)
    assert isinstance(reply, Returned | Unsupported), reply
    if isinstance(reply, Unsupported):
        assert re.match(r"conv_device_allocate of \d+ bytes: (no CUDA-capable|CUDA driver)", reply.reason)
