"""Verifying a set of vectors: its form, and every expected result.

Each result is computed anew by `exact`. Some of its elements, or thoroughly all,
are also computed by the defining equations, term by term. What an element may differ
by, or be instead, follows anew as well.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...oracle.answers import equations
from ...oracle.errors import InvalidArgument
from ...oracle.judging.contamination import finite_part
from ...oracle.numbers.dtypes import DTYPES, numpy_dtype, result_dtype
from ...oracle.operands.data import Case, Numbers
from ...oracle.operands.fills import HUGE
from ...oracle.problem.geometry import ConvGeometry, parse_geometry
from ...oracle.problem.passes import ARRAYS, Array, Operands, Pass, check_operands
from ..checks.registry import checks_of_values
from ..checks.value import solve
from .expectations import expected_arrays
from .flags import FLAGS
from .manifest import FORMAT, MANIFEST, VERSION, array_at, geometry_numbers

_SAMPLED = 12
_MOST_PRODUCTS = 1_000_000
_MOST_TOLD = 60
_LARGEST_MANIFEST = 1 << 26
_LARGEST_DATA = 1 << 30
_PLAIN_FIELDS = {"id", "pass", "flags"}


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a vector."""

    id: str
    what: str


def read_set(folder: Path) -> tuple[dict[str, Any], bytes]:
    """The manifest and the data of a set.

    Raises
    ------
    InvalidArgument
        If the folder holds none, or one of another version, or its data is not what the manifest says.
    """
    path = folder / MANIFEST
    if not path.is_file() or path.stat().st_size > _LARGEST_MANIFEST:
        raise InvalidArgument("DIR", str(folder), f"should hold a {MANIFEST}", where="vectors verify")
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
        said = (manifest["format"], manifest["version"])
        lists = [manifest["groups"], manifest["illegal"], *(group["vectors"] for group in manifest["groups"])]
        place, digest = folder / Path(manifest["data"]["file"]).name, manifest["data"]["sha256"]
        data = place.read_bytes() if place.is_file() and place.stat().st_size <= _LARGEST_DATA else b""
    except (ValueError, KeyError, TypeError, OSError, RecursionError) as error:
        raise InvalidArgument(
            "DIR", str(folder), f"should hold a set of vectors: {error}", where="vectors verify"
        ) from error
    if not all(isinstance(each, list) for each in lists):
        raise InvalidArgument("DIR", str(folder), "should hold lists of vectors", where="vectors verify")
    if said != (FORMAT, VERSION):
        raise InvalidArgument("DIR", str(folder), f"should be {FORMAT} {VERSION}, not {said}", where="vectors verify")
    if hashlib.sha256(data).hexdigest() != digest:
        raise InvalidArgument("DIR", str(folder), f"should hold the data of its {MANIFEST}", where="vectors verify")
    return manifest, data


def verify(manifest: Mapping[str, Any], data: bytes, *, thoroughly: bool = False) -> Iterator[Problem | None]:
    """What is wrong with each vector, or None for one that is right; `thoroughly`, all by the equations."""
    seen: set[str] = set()
    for group in manifest["groups"]:
        for vector in group["vectors"]:
            yield _told(vector, seen, partial(_problem, group, vector, data, thoroughly))
    for call in manifest["illegal"]:
        yield _told(call, seen, partial(_illegal_problem, call))


def _told(vector: Mapping[str, Any], seen: set[str], examine: Callable[[], str]) -> Problem | None:
    try:
        name = str(vector["id"])
        problem = _flags_problem(vector["flags"]) or examine()
    except (LookupError, ValueError, TypeError, AttributeError, ArithmeticError, MemoryError) as error:
        name, problem = str(vector)[:_MOST_TOLD], f"cannot be read: {type(error).__name__}: {error}"
    if not problem and name in seen:
        problem = "has the id of another"
    seen.add(name)
    return Problem(name, problem) if problem else None


def _flags_problem(flags: Sequence[str]) -> str:
    unknown = set(flags) - FLAGS.keys()
    if unknown:
        return f"has flags {sorted(unknown)} that are not explained"
    return "" if flags else "has no flag"


def _geometry_of(entry: Mapping[str, Any]) -> ConvGeometry:
    geometry = parse_geometry(entry["text"])
    if entry["geometry"] != geometry_numbers(geometry):
        raise ValueError("it says its geometry in two ways that differ")
    return geometry


def _illegal_problem(call: Mapping[str, Any]) -> str:
    _geometry_of(call)
    Pass(call["pass"])
    return "" if any(call["instead"].values()) else "has nothing that is illegal"


def _problem(group: Mapping[str, Any], vector: Mapping[str, Any], data: bytes, thoroughly: bool) -> str:
    geometry, numbers, pass_ = _geometry_of(group), checks_of_values()[group["check"]], Pass(vector["pass"])
    if not _is_small(geometry):
        return f"has more than {_MOST_PRODUCTS} products, which is more than is verified"
    if group["dtype"] not in DTYPES:
        return f"is of {group['dtype']!r:.{_MOST_TOLD}}, but should be of one of {', '.join(DTYPES)}"
    if group["result"] != ("acceptable" if geometry.is_degenerate else "valid"):
        return f"is said to be {group['result']}"
    arrays = {name: array_at(at, data) for name, at in group["operands"].items()}
    every: dict[str, Any] = dict.fromkeys(ARRAYS) | arrays
    operands = Operands(**every, learning_rate=group["learning_rate"]).of(pass_)
    check_operands(operands, geometry, where="vectors verify")
    if operands.input.dtype != numpy_dtype(group["dtype"]) or group["result_dtype"] != result_dtype(group["dtype"]):
        return (
            f"has operands of {operands.input.dtype}, or results of {group['result_dtype']}, but is of {group['dtype']}"
        )
    exact = solve(numbers, pass_, operands, geometry)
    finite = finite_part(operands) if numbers is Numbers.CONTAMINATED else operands
    if not _obeys_equations(pass_, finite, geometry, exact.value.to_fractions(), None if thoroughly else _SAMPLED):
        return "is summed otherwise than the equations say: the oracle itself is wrong here"
    fill = HUGE if numbers is Numbers.REALS and "allowed" in vector else "uniform"
    case = Case(geometry, operands.bias is not None, group["dtype"], fill, 0)
    return _difference(vector, expected_arrays(numbers, case, pass_, operands, exact), data)


def _is_small(geometry: ConvGeometry) -> bool:
    """Whether it takes little time and memory; also where there are no images or channels, and so no data."""
    windows = (*geometry.kernel, *(max(size, 1) for size in geometry.direct.output_size))
    channels = max(geometry.in_channels, 1) * max(geometry.out_channels, 1)
    cells = math.prod(max(size, 1) for size in geometry.direct.size)
    return max(geometry.batch, 1) * channels * max(math.prod(windows), cells) <= _MOST_PRODUCTS


def _obeys_equations(
    pass_: Pass, operands: Operands, geometry: ConvGeometry, sums: NDArray[np.object_], most: int | None
) -> bool:
    """Whether elements, all or at most so many spread over the result, are what the equations define."""
    indices = list(np.ndindex(pass_.result_shape(geometry)))
    count = len(indices) if most is None else min(most, len(indices))
    for number in np.linspace(0, len(indices) - 1, count).astype(int) if count else ():
        index = indices[number]
        real, imaginary = equations.element(pass_, operands, geometry, index)
        defined = [real, imaginary] if sums.ndim > len(index) else [real]
        if [*np.atleast_1d(sums[index])] != defined:
            return False
    return True


def _difference(vector: Mapping[str, Any], right: Mapping[str, Array], data: bytes) -> str:
    """How the arrays of a vector differ from those that it should have."""
    if vector.keys() - _PLAIN_FIELDS != right.keys():
        return f"should have {', '.join(sorted(right))}"
    for name, wanted in right.items():
        recorded = array_at(vector[name], data)
        if (recorded.shape, recorded.dtype) != (wanted.shape, wanted.dtype):
            return f"has {name} of {recorded.dtype} {recorded.shape}, but should have {wanted.dtype} {wanted.shape}"
        same = (recorded == wanted) | ((recorded != recorded) & (wanted != wanted))
        if not same.all():
            return f"has {int((~same).sum())} of {same.size} values of {name} that are not those of the equations"
    return ""
