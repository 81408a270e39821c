"""Compiles examples/cuda, right and with a tail bug, with nvcc or, for a CPU, as C++: kernels.py DEVICE RIGHT WRONG."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "examples" / "cuda" / "conv.cu"
_PRETENDED = ROOT / "tests" / "suites" / "candidates" / "foreign" / "pretended_cuda"
_NVCC = "/usr/local/cuda/bin/nvcc"
"""Where it is by itself, which need not be on the path."""


def main():
    device, *libraries = sys.argv[1:]
    nvcc = shutil.which("nvcc") or shutil.which(_NVCC)
    if device == "cuda" and nvcc is None:
        print(f"there is no nvcc, neither on the path nor at {_NVCC}: no kernel in CUDA C is compiled")
        return 2
    told = subprocess.run(
        [sys.executable, "-m", "convoracle.suites", "header", "--folder"], capture_output=True, check=True
    )
    compiler = {
        "cuda": (nvcc, "-arch=native", "-Xcompiler", "-fPIC"),
        "cpu": ("c++", "-x", "c++", f"-I{_PRETENDED}", "-fPIC"),
    }[device]
    options = ("-O2", "-std=c++17", "-shared", f"-I{told.stdout.decode().strip()}")
    compiling = [
        subprocess.Popen([*compiler, *options, *fault, "-o", library, str(SOURCE)])
        for library, fault in zip(libraries, ((), ("-DBUG_TAIL",)), strict=True)
    ]
    ended = [each.wait() for each in compiling]
    return int(any(ended))


if __name__ == "__main__":
    sys.exit(main())
