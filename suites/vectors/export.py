"""Writing a set of vectors: whole or not at all, and the same bytes each time."""

from __future__ import annotations

import hashlib
import json
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib import resources
from pathlib import Path

import numpy as np

from ...oracle.data import Case
from ...oracle.descriptor import write_descriptor
from ...oracle.dtypes import Arithmetic, numpy_dtype, result_dtype
from ...oracle.errors import InvalidArgument
from ...oracle.geometry import ConvGeometry
from ...oracle.nonfinite import Expectation
from ...oracle.passes import Array
from ..checks.value import Check, Standard, answer, is_asked, operands_of, standard
from ..illegal import illegal_calls
from .manifest import DATA, MANIFEST, SCHEMA, Data, document, geometry_numbers, illegal_entry
from .selection import Choice, choices

Progress = Callable[[int, int], None]
FINITE, PLUS, MINUS, NAN = 1, 2, 4, 8
"""Bits of `allowed`: what an element may be."""


def export(folder: Path, progress: Progress = lambda done, total: None) -> int:
    """Write every vector into a folder, and return how many there are.

    Raises
    ------
    InvalidArgument
        If the folder holds anything but an earlier export.
    """
    data, entries, chosen = Data(), [], choices()
    for done, choice in enumerate(chosen, start=1):
        arithmetic = Arithmetic.of(choice.case.dtype)
        if is_asked(choice.check, choice.case, choice.pass_, arithmetic):
            entries.append(_entry(choice, arithmetic, data))
        progress(done, len(chosen))
    entries += [illegal_entry(number, call) for number, call in enumerate(illegal_calls(2), start=1)]
    raw = data.raw()
    with whole_folder(folder, MANIFEST) as home:
        (home / DATA).write_bytes(raw)
        (home / SCHEMA).write_bytes(resources.files(__package__).joinpath(SCHEMA).read_bytes())
        written = document(entries, len(raw), hashlib.sha256(raw).hexdigest())
        (home / MANIFEST).write_text(_text(written), encoding="utf-8")
    return len(entries)


def _text(manifest: dict[str, object]) -> str:
    """JSON with one vector on each line, so that two sets can be compared line by line."""
    vectors = manifest.pop("vectors")
    assert isinstance(vectors, list)
    head = json.dumps(manifest, indent=1, ensure_ascii=False).removesuffix("\n}")
    lines = ",\n".join(json.dumps(vector, separators=(",", ":"), ensure_ascii=False) for vector in vectors)
    return f'{head},\n "vectors": [\n{lines}\n ]\n}}\n'


def _entry(choice: Choice, arithmetic: Arithmetic, data: Data) -> dict[str, object]:
    case, pass_ = choice.case, choice.pass_
    operands = operands_of(choice.check, case).of(pass_)
    held_to = standard(choice.check, pass_, operands, answer(choice.check, case, pass_), arithmetic, case)
    entry: dict[str, object] = {
        "id": choice.id,
        "comment": choice.comment,
        "flags": list(choice.flags),
        "result": "acceptable" if case.geometry.is_degenerate else "valid",
        "check": str(choice.check),
        "pass": str(pass_),
        "dtype": case.dtype,
        "result_dtype": arithmetic.result_dtype,
        "geometry": geometry_numbers(case.geometry),
        "text": str(case.geometry),
        "descriptor": _descriptor(case.geometry),
        "learning_rate": operands.learning_rate,
        "operands": {name: data.add(array) for name, array in operands.arrays().items()},
    }
    return entry | {name: data.add(array) for name, array in _expected(choice.check, case, held_to).items()}


def _expected(check: Check, case: Case, held_to: Standard) -> dict[str, Array]:
    """The result in its own dtype where it is to be equal; else in float64, with how far off each element may be."""
    expected = held_to.expected()
    if check is Check.STRUCTURE:
        return {"expected": in_dtype(expected, case.dtype)}
    arrays: dict[str, Array] = {"expected": expected, "bound": np.broadcast_to(held_to.bound, expected.shape)}
    if held_to.expectation is not None:
        arrays["allowed"] = _allowed(held_to.expectation)
    return arrays


def in_dtype(expected: Array, dtype: str) -> Array:
    """Exact values, of complex numbers in parts, as an array of the result's dtype for operands of a dtype."""
    form = numpy_dtype(result_dtype(dtype))
    if form.kind != "c":
        return expected.astype(form)
    return (expected[..., 0] + 1j * expected[..., 1]).astype(form)


def _allowed(expectation: Expectation) -> Array:
    bits: Array = (
        FINITE * expectation.finite + PLUS * expectation.plus + MINUS * expectation.minus + NAN * expectation.nan
    )
    return bits.astype(np.uint8)


def _descriptor(geometry: ConvGeometry) -> str | None:
    """What benchdnn calls it, where it has a way to say it."""
    try:
        return write_descriptor(geometry)
    except InvalidArgument:
        return None


@contextmanager
def whole_folder(folder: Path, sign: str) -> Iterator[Path]:
    """A folder to write into that takes the place of `folder` when all is written; an earlier one has the file `sign`.

    Raises
    ------
    InvalidArgument
        If `folder` is there and holds something else.
    """
    if folder.exists() and not (folder.is_dir() and (not any(folder.iterdir()) or (folder / sign).is_file())):
        raise InvalidArgument("DIR", str(folder), "should be new, empty, or an earlier export", where="vectors export")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        home = Path(temporary) / "new"
        home.mkdir()
        yield home
        if folder.exists():
            shutil.move(folder, Path(temporary) / "old")
        shutil.move(home, folder)
