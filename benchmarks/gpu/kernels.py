"""Compiles conv.cu into a shared library, with nvcc or, for the CPU, as C++: kernels.py DEVICE FILE."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent / "conv.cu"


def main():
    device, library = sys.argv[1:]
    told = subprocess.run(
        [sys.executable, "-m", "convoracle.suites", "header", "--folder"], capture_output=True, check=True
    )
    include = f"-I{told.stdout.decode().strip()}"
    compiler = {"cuda": ("nvcc", "-Xcompiler", "-fPIC"), "cpu": ("c++", "-x", "c++", "-DON_CPU", "-fPIC")}[device]
    return subprocess.run([*compiler, "-O2", "-shared", include, "-o", library, str(SOURCE)], check=False).returncode


if __name__ == "__main__":
    sys.exit(main())
