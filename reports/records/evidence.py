"""The arrays of a mismatch in one .npz file: no pickle, every size known before anything is read."""

from __future__ import annotations

import math
import os
import re
import struct
import zipfile
import zlib
from pathlib import Path
from typing import IO, Any

import ml_dtypes
import numpy as np

from ...oracle.numbers.dtypes import COMPONENTS
from ...oracle.problem.geometry import ConvGeometry, parse_geometry
from ...oracle.problem.layouts import CONTIGUOUS, LAYOUTS
from ...oracle.problem.passes import ARRAYS as OPERANDS
from ...oracle.problem.passes import Array, Operands, Pass, shape_of
from ..errors import InvalidRecord
from .codec import shown
from .record import Evidence, Mismatch
from .serialization import ArrayFacts

MAX_BYTES = 2**30
"""Most bytes that the arrays of one mismatch may take in memory, together."""

_MAX_HEADER_BYTES, _MAX_DIRECTORY_BYTES = 4096, 1 << 16
_END = struct.Struct("<4s4H2IH")
"""With which a .zip archive ends that has no comment."""
_LOCATOR, _LOCATOR_BYTES = b"PK\x06\x07", 20
"""Before that, where another list of members is told of, which may be longer."""
_MAGIC = b"\x93NUMPY\x01\x00"
_HEADER = re.compile(
    r"\{'descr': '(?P<dtype>[<|][biufc]\d{1,2})', 'fortran_order': False, 'shape': \((?P<shape>[\d, ]*)\), \} *\n",
    re.ASCII,
)
_DAMAGE = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    EOFError,
    NotImplementedError,
    RuntimeError,
    OSError,
    TypeError,
    ValueError,
)
_RESULTS = ("actual", "expected", "bound", "wrong")
_REQUIRED = frozenset(("input", "weight", "output_gradient", "expected", "bound", "wrong"))
_NATIVE = frozenset(("bool", "float16", "float32", "float64", "complex64", "complex128")) | frozenset(
    f"{sign}int{bits}" for sign in ("", "u") for bits in (8, 16, 32, 64)
)
_EXTENDED = frozenset(
    name for name, kind in vars(ml_dtypes).items() if isinstance(kind, type) and issubclass(kind, np.generic)
)
_GEOMETRY_PREFIX = re.compile(r"[0-9a-z+]+", re.ASCII)


def named_arrays(evidence: Evidence) -> dict[str, Array]:
    """The arrays of `evidence` that can be stored, by name.

    An `actual` whose dtype has no plain binary form (objects, text) is left out.
    """
    named = evidence.operands.arrays()
    for name in _RESULTS:
        array = getattr(evidence, name)
        if array is not None and (name != "actual" or is_storable(array)):
            named[name] = array
    return named


def is_storable(array: Array) -> bool:
    """Whether the dtype of `array` is one that a run folder keeps."""
    return array.dtype.name in _NATIVE | _EXTENDED


def describe(evidence: Evidence) -> tuple[ArrayFacts, ...]:
    """Name, dtype and shape of each stored array."""
    return tuple(ArrayFacts(name, array.dtype.name, array.shape) for name, array in named_arrays(evidence).items())


def save_arrays(path: Path, evidence: Evidence) -> None:
    """Write the arrays as a compressed .npz; dtypes that NumPy does not know are stored as their bits."""
    stored: dict[str, Any] = {name: _bits(array) for name, array in named_arrays(evidence).items()}
    np.savez_compressed(path, **stored)


def load_arrays(path: Path, facts: tuple[ArrayFacts, ...], learning_rate: float) -> Evidence:
    """Read what :func:`save_arrays` wrote, if it holds what `facts` say; they are checked by :func:`check_facts`.

    Raises
    ------
    InvalidRecord
        If an array is missing, unexpected or of another dtype or shape, or the file is damaged.
    """
    named = {entry.name: entry for entry in facts}
    try:
        if path.stat().st_size > MAX_BYTES:
            raise ValueError(f"should have at most {MAX_BYTES} bytes")
        _check_directory(path)
        with zipfile.ZipFile(path) as archive:
            _check_members(archive, named)
            arrays = {name: _read(archive, entry) for name, entry in named.items()}
    except _DAMAGE as error:
        raise InvalidRecord(str(error) or type(error).__name__, file=str(path)) from error
    operands = Operands(**{name: arrays.get(name) for name in OPERANDS}, learning_rate=learning_rate)  # type: ignore[arg-type]
    return Evidence(operands, arrays.get("actual"), arrays["expected"], arrays["bound"], arrays["wrong"])


def check_facts(mismatch: Mismatch, facts: tuple[ArrayFacts, ...], *, file: str) -> None:
    """Refuse a description of arrays that no mismatch of this case can have.

    Raises
    ------
    InvalidRecord
        If an array is missing or unknown, its dtype cannot be stored, its shape
        does not fit the case's geometry, or the arrays are too large.
    """
    named = {entry.name: entry for entry in facts}
    try:
        _check_names(named, len(facts))
        _check_sizes(facts)
        _check_shapes(named, mismatch)
    except ValueError as error:
        raise InvalidRecord(str(error), file=file, field="arrays") from error


def case_geometry(case: str) -> ConvGeometry:
    """The geometry with which a case's text id begins.

    Raises
    ------
    InvalidArgument
        If the id does not begin with the text form of a geometry.
    """
    prefix = _GEOMETRY_PREFIX.match(case)
    return parse_geometry(prefix[0] if prefix else case[:80])


def case_layout(case: str) -> str:
    """The memory layout with which a case's text id ends, if it names one."""
    last = case.rpartition("/")[2]
    return last if last in LAYOUTS else CONTIGUOUS


def subject_pass(subject: str) -> Pass | None:
    """The pass that a check's subject names; None for a subject that is no single pass."""
    return next((each for each in Pass if each.value == subject), None)


def _check_names(named: dict[str, ArrayFacts], count: int) -> None:
    missing = _REQUIRED - named.keys()
    unknown = named.keys() - set(OPERANDS) - set(_RESULTS)
    if missing or unknown or len(named) != count:
        problems = [f"lack {', '.join(sorted(missing))}"] * bool(missing)
        problems += [f"hold {', '.join(map(shown, sorted(unknown)))}"] * bool(unknown)
        raise ValueError(f"the arrays {' and '.join(problems) or 'are named twice'}")


def _check_sizes(facts: tuple[ArrayFacts, ...]) -> None:
    for entry in facts:
        if len(entry.shape) > 16 or min(entry.shape, default=0) < 0:
            raise ValueError(f"{entry.name}.shape={shown(entry.shape)}, but should have at most 16 sizes of at least 0")
    total = sum(math.prod(entry.shape) * _dtype(entry).itemsize for entry in facts)
    if total > MAX_BYTES:
        raise ValueError(f"the arrays take {shown(total)} bytes, but should take at most {MAX_BYTES}")


def _check_shapes(named: dict[str, ArrayFacts], mismatch: Mismatch) -> None:
    geometry = case_geometry(mismatch.case)
    subject = subject_pass(mismatch.subject)
    parts = (2,) if named["input"].dtype in COMPONENTS else ()
    result = named["expected"].shape if subject is None else (*subject.result_shape(geometry), *parts)
    shapes = {name: shape_of(name, geometry) for name in OPERANDS} | dict.fromkeys(
        ("expected", "bound", "wrong"), result
    )
    for name, shape in shapes.items():
        if name in named and named[name].shape != shape:
            raise ValueError(f"{name}.shape={shown(named[name].shape)}, but should be {shape} for {geometry}")
    for name, dtype in (("expected", "float64"), ("bound", "float64"), ("wrong", "bool")):
        if named[name].dtype != dtype:
            raise ValueError(f"{name}.dtype={shown(named[name].dtype)}, but should be {dtype}")


def _check_directory(path: Path) -> None:
    """Refuse a list of members that is long, before the standard library reads it into memory."""
    with path.open("rb") as stream:
        stream.seek(0, os.SEEK_END)
        stream.seek(-min(_LOCATOR_BYTES + _END.size, stream.tell()), os.SEEK_CUR)
        end = stream.read()
    signature, *_, size, _, comment = _END.unpack(end[-_END.size :])
    if signature != b"PK\x05\x06" or comment or size > _MAX_DIRECTORY_BYTES or end.startswith(_LOCATOR):
        raise ValueError("is not a .zip archive of few members with nothing after them")


def _check_members(archive: zipfile.ZipFile, named: dict[str, ArrayFacts]) -> None:
    members = [member.filename for member in archive.infolist()]
    if sorted(members) != sorted(f"{name}.npy" for name in named):
        raise ValueError(f"holds {shown(members)}, but should hold {', '.join(f'{name}.npy' for name in named)}")
    for name, entry in named.items():
        member = archive.getinfo(f"{name}.npy")
        if member.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
            raise ValueError(f"{name}.npy is compressed in a way that is not read")
        size, expected = member.file_size, math.prod(entry.shape) * _dtype(entry).itemsize
        if not expected < size <= expected + _MAX_HEADER_BYTES:
            raise ValueError(f"{name}.npy has {size} bytes, but its shape {entry.shape} needs {expected} and a header")


def _read(archive: zipfile.ZipFile, entry: ArrayFacts) -> Array:
    dtype = _dtype(entry)
    with archive.open(f"{entry.name}.npy") as stream:
        stored, shape = _header(stream)
        if shape != entry.shape or stored != _storage(dtype):
            raise ValueError(
                f"{entry.name}.npy holds {stored} of shape {shape}, but should hold {_storage(dtype)} of {entry.shape}"
            )
        size = math.prod(shape) * dtype.itemsize
        data = bytearray(stream.read(size + 1))  # of which no more is decompressed, whatever there is
    if len(data) != size:
        raise ValueError(f"{entry.name}.npy should have {size} bytes of data")
    return np.frombuffer(data, dtype=stored).view(dtype).reshape(shape)


def _header(stream: IO[bytes]) -> tuple[np.dtype[Any], tuple[int, ...]]:
    if stream.read(len(_MAGIC)) != _MAGIC:
        raise ValueError("an array is not in .npy format 1.0")
    text = stream.read(int.from_bytes(stream.read(2), "little")).decode("latin-1")
    match = _HEADER.fullmatch(text)
    if match is None:
        raise ValueError(f"an array has the header {shown(text)}, not that of plain numbers in C order")
    return np.dtype(match["dtype"]), tuple(int(size) for size in re.findall(r"\d+", match["shape"]))


def _dtype(entry: ArrayFacts) -> np.dtype[Any]:
    if entry.dtype in _NATIVE:
        return np.dtype(entry.dtype)
    if entry.dtype in _EXTENDED:
        extended: np.dtype[Any] = np.dtype(getattr(ml_dtypes, entry.dtype))
        return extended
    raise ValueError(f"{shown(entry.name)}.dtype={shown(entry.dtype)}, but should be a number type that is kept")


def _storage(dtype: np.dtype[Any]) -> np.dtype[Any]:
    return dtype if dtype.name in _NATIVE else np.dtype(f"uint{8 * dtype.itemsize}")


def _bits(array: Array) -> Array:
    native = np.ascontiguousarray(array).reshape(array.shape)
    native = native.astype(native.dtype.newbyteorder("="), copy=False)
    return native.view(_storage(native.dtype))
