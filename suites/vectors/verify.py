"""Verifying a set of vectors: its form, and every expected result.

Each result is computed anew by `exact`, and where that takes less than a second
also by the defining equations, term by term; thoroughly, by these always.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np

from ...oracle import equations, exact
from ...oracle.contamination import finite_part
from ...oracle.errors import InvalidArgument
from ...oracle.geometry import ConvGeometry, parse_geometry
from ...oracle.passes import ARRAYS, Array, Operands, Pass, real_parts
from .export import FINITE
from .flags import FLAGS
from .manifest import FORMAT, MANIFEST, VERSION, geometry_numbers, read_array

_MOST_STEPS = 30_000
_LARGEST_MANIFEST = 1 << 26
_LARGEST_DATA = 1 << 30


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is wrong with a vector."""

    id: str
    what: str


def read(folder: Path) -> tuple[dict[str, Any], bytes]:
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
        place, digest = folder / Path(manifest["data"]["file"]).name, manifest["data"]["sha256"]
        data = place.read_bytes() if place.stat().st_size <= _LARGEST_DATA else b""
    except (ValueError, KeyError, TypeError, OSError) as error:
        raise InvalidArgument(
            "DIR", str(folder), f"should hold a set of vectors: {error}", where="vectors verify"
        ) from error
    if said != (FORMAT, VERSION):
        raise InvalidArgument("DIR", str(folder), f"should be {FORMAT} {VERSION}, not {said}", where="vectors verify")
    if hashlib.sha256(data).hexdigest() != digest:
        raise InvalidArgument("DIR", str(folder), f"should hold the data of its {MANIFEST}", where="vectors verify")
    return manifest, data


def verify(manifest: Mapping[str, Any], data: bytes, *, thoroughly: bool = False) -> Iterator[Problem | None]:
    """What is wrong with each vector, or None for one that is right; `thoroughly`, all by the equations."""
    for vector in manifest["vectors"]:
        name = str(vector.get("id", "?"))
        try:
            problem = _problem(vector, data, thoroughly)
        except (KeyError, ValueError, TypeError, InvalidArgument) as error:
            problem = f"cannot be read: {error}"
        yield Problem(name, problem) if problem else None


def _problem(vector: Mapping[str, Any], data: bytes, thoroughly: bool) -> str:
    geometry = parse_geometry(vector["text"])
    unknown = set(vector["flags"]) - FLAGS.keys()
    if unknown or not vector["flags"]:
        return f"has flags {sorted(unknown)} that are not explained" if unknown else "has no flag"
    if vector["geometry"] != geometry_numbers(geometry):
        return "says its geometry in two ways that differ"
    if vector["result"] == "invalid":
        return "" if any(vector["instead"].values()) else "has nothing that is illegal"
    pass_, arrays = Pass(vector["pass"]), {name: read_array(at, data) for name, at in vector["operands"].items()}
    operands = Operands(**dict.fromkeys(ARRAYS) | arrays, learning_rate=vector["learning_rate"])  # type: ignore[arg-type]
    expected = read_array(vector["expected"], data)
    finite = operands if vector["check"] != "contamination" else finite_part(operands)
    sums = exact.evaluate(pass_, finite, geometry).value.to_fractions()
    if thoroughly or _steps(pass_, geometry) <= _MOST_STEPS:
        defined = equations.evaluate(pass_, finite, geometry)
        if not (defined == sums).all():
            return "is summed otherwise than the equations say: the oracle itself is wrong here"
    return _compare(vector, real_parts(expected), sums, data)


def _steps(pass_: Pass, geometry: ConvGeometry) -> int:
    """About how many products the equations look at: for an input gradient, every window of every output."""
    windows = geometry.direct.out_channels * math.prod(geometry.direct.output_size) * math.prod(geometry.kernel)
    return math.prod(pass_.result_shape(geometry)) * windows * (2 if pass_.is_second_order else 1)


def _compare(vector: Mapping[str, Any], expected: Array, sums: Array, data: bytes) -> str:
    if expected.shape != sums.shape:
        return f"expects shape {expected.shape}, but should expect {sums.shape}"
    judged = np.ones(sums.shape, dtype=bool)
    if "allowed" in vector:
        judged = (read_array(vector["allowed"], data) & FINITE) != 0
    if vector["check"] == "structure":
        same = [Fraction(float(a)) == b for a, b in zip(expected.ravel(), sums.ravel(), strict=True)]
        wrong = ~np.array(same, dtype=bool).reshape(sums.shape)
    else:
        wrong = expected != np.array([_nearest(value) for value in sums.ravel()]).reshape(sums.shape)
    count = int((wrong & judged).sum())
    return f"{count} of {wrong.size} expected values are not those of the equations" if count else ""


def _nearest(value: Fraction) -> float:
    try:
        return float(value)
    except OverflowError:
        return np.inf if value > 0 else -np.inf
