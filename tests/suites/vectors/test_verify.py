"""Verifying a set: a wrong number or entry is found, and what is no set is refused."""

from __future__ import annotations

import copy
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import numpy_dtype
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.suites.vectors.export import export
from convoracle.suites.vectors.manifest import DATA, MANIFEST, geometry_numbers
from convoracle.suites.vectors.verify import read_set, verify


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors") / "set"
    export(folder, only=["float32"])
    return folder


def _wrong(manifest: dict, data: bytes) -> list:
    return [problem for problem in verify(manifest, data) if problem is not None]


@pytest.mark.parametrize("name", ["expected", "bound", "allowed"])
def test_a_wrong_number_is_found(exported: Path, name: str) -> None:
    manifest, data = read_set(exported)
    group, vector = next((g, v) for g in manifest["groups"] for v in g["vectors"] if name in v)
    place, changed = vector[name], bytearray(data)
    dtype = numpy_dtype(place["dtype"])
    value = np.frombuffer(data, dtype, 1, place["offset"]) + np.ones(1, dtype)
    changed[place["offset"] : place["offset"] + dtype.itemsize] = value.tobytes()
    alone = {"groups": [{**group, "vectors": [vector]}], "illegal": []}
    (problem,) = _wrong(alone, bytes(changed))
    assert (problem.id, f"1 of {np.prod(place['shape'])} values of {name}" in problem.what) == (vector["id"], True)
    assert _wrong(alone, data) == []


def _set(place: str, name: str, value: object) -> Callable[[dict], None]:
    def edit(manifest: dict) -> None:
        group = manifest["groups"][0]
        (group if place == "group" else group["vectors"][0])[name] = value

    return edit


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (_set("vector", "flags", ["Nonsense"]), "not explained"),
        (_set("vector", "flags", []), "no flag"),
        (_set("vector", "flags", 3), "cannot be read"),
        (_set("vector", "id", "0002"), "the id of another"),
        (_set("vector", "pass", "sideways"), "cannot be read"),
        (_set("vector", "expected", {"dtype": "float32", "shape": [10**9], "offset": 0}), "does not lie within"),
        (_set("vector", "expected", {"dtype": "float32", "shape": [1], "offset": 0}), "but should have"),
        (_set("vector", "bound", {"dtype": "float64", "shape": [1], "offset": 0}), "should have expected"),
        (_set("group", "text", "n1c1k1i9f1"), "in two ways"),
        (_set("group", "dtype", "float64"), "but is of float64"),
        (_set("group", "result", "acceptable"), "is said to be acceptable"),
        (_set("group", "operands", {}), "cannot be read"),
        (_set("group", "geometry", None), "in two ways"),
    ],
)
def test_a_wrong_entry_is_found(exported: Path, edit: Callable[[dict], None], told: str) -> None:
    manifest, data = read_set(exported)
    part = {"groups": copy.deepcopy(manifest["groups"][:1]), "illegal": []}
    edit(part)
    assert told in " ".join(problem.what for problem in _wrong(part, data))


@pytest.mark.parametrize("text", ["n0c1k1i900000000f1", "n0c0k0i9000x9000f1x1", "n1c1k1i1f900000000p900000000"])
def test_a_convolution_too_large_to_verify_is_refused_before_memory_is_taken(exported: Path, text: str) -> None:
    manifest, data = read_set(exported)
    group = {**manifest["groups"][0], "text": text, "geometry": geometry_numbers(parse_geometry(text))}
    assert "more than is verified" in _wrong({"groups": [group], "illegal": []}, data)[0].what


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        "{}",
        '{"groups": 3}',
        '{"groups": [], "illegal": {}, "format": 1, "version": 1, "data": {}}',
        "[" * 9000,
    ],
)
def test_what_is_no_manifest_is_refused(tmp_path: Path, text: str) -> None:
    (tmp_path / MANIFEST).write_text(text)
    with pytest.raises(InvalidArgument, match="should hold"):
        read_set(tmp_path)


def test_data_and_version_that_do_not_belong_are_refused(exported: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=MANIFEST):
        read_set(tmp_path)
    shutil.copytree(exported, tmp_path / "set")
    (tmp_path / "set" / DATA).write_bytes(b"")
    with pytest.raises(InvalidArgument, match="the data of its"):
        read_set(tmp_path / "set")
    manifest = json.loads((exported / MANIFEST).read_text())
    (tmp_path / "set" / MANIFEST).write_text(json.dumps(manifest | {"version": 99}))
    with pytest.raises(InvalidArgument, match="99"):
        read_set(tmp_path / "set")
