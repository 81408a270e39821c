"""What the tests of foreign candidates share: compilers of C and C++, if there are any."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from convoracle.suites.candidates.foreign.c_interface import HEADER

COMPILER = next((found for name in ("cc", "gcc", "clang") if (found := shutil.which(name))), None)
CPP_COMPILER = next((found for name in ("c++", "g++", "clang++") if (found := shutil.which(name))), None)
needs_compiler = pytest.mark.skipif(COMPILER is None, reason="no C compiler on this machine")
needs_cpp_compiler = pytest.mark.skipif(CPP_COMPILER is None, reason="no C++ compiler on this machine")

EXAMPLES = Path(__file__).parents[4] / "examples"


def compile_c(source: Path, output: Path, *options: str) -> Path:
    """Compile with every warning an error; `output` is returned."""
    assert COMPILER is not None
    return _compile([COMPILER, "-std=c99", "-O1", "-Wpedantic"], source, output, *options)


def compile_library(source: Path, folder: Path, *options: str) -> Path:
    """A shared library from one source file."""
    return compile_c(source, folder / f"lib{source.stem}.so", "-shared", *options)


def compile_cuda(source: Path, folder: Path, *options: str) -> Path:
    """A shared library from a .cu file, compiled as C++ with a CUDA that is pretended."""
    assert CPP_COMPILER is not None
    pretended = f"-I{Path(__file__).parent / 'pretended_cuda'}"
    compiler = [CPP_COMPILER, "-x", "c++", "-std=c++17", "-O2", pretended]
    return _compile(compiler, source, folder / f"lib{source.stem}.so", "-shared", *options)


def _compile(compiler: list[str], source: Path, output: Path, *options: str) -> Path:
    flags = ["-Wall", "-Wextra", "-Werror", "-fPIC", f"-I{HEADER.parent}"]
    done = subprocess.run([*compiler, *flags, *options, "-o", output, source], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return output
