"""The structures for ctypes are those of the header, as a compiler sees them."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from pathlib import Path

import pytest

from convoracle.suites.candidates.foreign import c_interface
from convoracle.suites.candidates.foreign.c_interface import HEADER, Convolution, OperandPointers, Tensor

from .compiling import compile_c, needs_compiler

_STRUCTURES = {
    "convoracle_convolution": Convolution,
    "convoracle_tensor": Tensor,
    "convoracle_operands": OperandPointers,
}
_CONSTANTS = {
    "ABI_VERSION": c_interface.ABI_VERSION,
    "MAX_AXES": c_interface.MAX_AXES,
    "MAX_RANK": c_interface.MAX_RANK,
    "DEFAULT": c_interface.DEFAULT_FORMAT,
    "OK": c_interface.OK,
    "UNSUPPORTED": c_interface.UNSUPPORTED,
    "ERROR": c_interface.ERROR,
    "DEVICE_LOST": c_interface.DEVICE_LOST,
    **{name.upper(): code for name, code in (c_interface.DTYPE_CODES | c_interface.PADDING_MODE_CODES).items()},
}


@needs_compiler
def test_header_and_ctypes_agree(tmp_path: Path) -> None:
    expected = {f"CONVORACLE_{name}": value for name, value in _CONSTANTS.items()}
    for name, structure in _STRUCTURES.items():
        expected[f"sizeof({name})"] = ctypes.sizeof(structure)
        expected |= {f"offsetof({name}, {f})": getattr(structure, f).offset for f, *_ in structure._fields_}
    lines = "".join(f'    printf("%ld\\n", (long){expression});\n' for expression in expected)
    source = tmp_path / "measure.c"
    source.write_text(f'#include <stdio.h>\n#include "convoracle.h"\nint main(void) {{\n{lines}    return 0;\n}}\n')
    program = compile_c(source, tmp_path / "measure")
    printed = subprocess.run([program], capture_output=True, text=True, check=True).stdout.split()
    assert dict(zip(expected, map(int, printed), strict=True)) == expected


@pytest.mark.skipif(shutil.which("g++") is None, reason="no C++ compiler on this machine")
def test_header_is_cpp(tmp_path: Path) -> None:
    source = tmp_path / "library.cpp"
    source.write_text('#include "convoracle.h"\nCONVORACLE_PASS(conv_forward) { return CONVORACLE_OK; }\n')
    flags = ["-std=c++11", "-Wall", "-Wpedantic", "-Werror", f"-I{HEADER.parent}", "-fPIC", "-shared"]
    library = tmp_path / "library.so"
    subprocess.run(["g++", *flags, "-o", library, source], check=True)
    assert hasattr(ctypes.CDLL(str(library)), "conv_forward")
