"""What the tests of foreign candidates share: a C compiler, if there is one."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from convoracle.suites.candidates.foreign.c_interface import HEADER

COMPILER = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler on this machine")

EXAMPLES = Path(__file__).parents[4] / "examples"


def compile_c(source: Path, output: Path, *options: str) -> Path:
    """Compile with every warning an error; `output` is returned."""
    assert COMPILER is not None
    flags = ["-std=c99", "-O1", "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-fPIC", f"-I{HEADER.parent}"]
    done = subprocess.run([COMPILER, *flags, *options, "-o", output, source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return output


def compile_library(source: Path, folder: Path, *options: str) -> Path:
    """A shared library from one source file."""
    return compile_c(source, folder / f"lib{source.stem}.so", "-shared", *options)
