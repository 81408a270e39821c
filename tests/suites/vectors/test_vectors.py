"""The vectors: always the same bytes, right by the equations, of the form in the schema, and usable elsewhere."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from collections.abc import Callable
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import DTYPES, numpy_dtype
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.vectors import folder as folder_module
from convoracle.suites.vectors.export import export
from convoracle.suites.vectors.flags import FLAGS
from convoracle.suites.vectors.manifest import DATA, MANIFEST, geometry_numbers
from convoracle.suites.vectors.selection import calls, choices
from convoracle.suites.vectors.verify import read, verify

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "vectors"
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors") / "set"
    export(folder)
    return folder


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors") / "small"
    export(folder, only=["float16", "forward", "update"])
    return folder


def _wrong(manifest: dict, data: bytes) -> list:
    return [problem for problem in verify(manifest, data) if problem is not None]


def test_what_ships_is_what_is_exported(exported: Path) -> None:
    names = {path.name for path in SHIPPED.iterdir()} - {"README.md"}
    assert names == {path.name for path in exported.iterdir()}
    for name in names:
        assert (SHIPPED / name).read_bytes() == (exported / name).read_bytes(), name
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 2_000_000


def test_every_vector_is_right() -> None:
    assert _wrong(*read(SHIPPED)) == []


@pytest.mark.campaign
def test_every_element_is_right_by_the_equations() -> None:
    assert [problem for problem in verify(*read(SHIPPED), thoroughly=True) if problem is not None] == []


def test_the_manifest_has_the_form_of_the_schema(exported: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(resources.files("convoracle.suites.vectors").joinpath("vectors.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    manifest = read(exported)[0]
    validator.validate(manifest)
    for path in (
        ("groups", 0, "geometry", "stride"),
        ("groups", 0, "vectors", 0, "expected"),
        ("illegal", 0, "because"),
    ):
        changed = copy.deepcopy(manifest)
        place = changed
        for key in path[:-1]:
            place = place[key]
        del place[path[-1]]
        assert not validator.is_valid(changed), path


def test_every_pass_dtype_flag_and_result_is_there(exported: Path) -> None:
    manifest = read(exported)[0]
    vectors = [vector for group in manifest["groups"] for vector in group["vectors"]]
    everything = [*vectors, *manifest["illegal"]]
    assert {vector["pass"] for vector in vectors} == {str(pass_) for pass_ in Pass}
    assert {group["dtype"] for group in manifest["groups"]} == set(DTYPES)
    assert {flag for vector in everything for flag in vector["flags"]} == set(FLAGS) == set(manifest["flags"])
    assert {group["result"] for group in manifest["groups"]} == {"valid", "acceptable"}
    assert {call["result"] for call in manifest["illegal"]} == {"invalid"}
    assert len({vector["id"] for vector in everything}) == len(everything)
    for group in manifest["groups"]:
        assert (group["result"] == "acceptable") == parse_geometry(group["text"]).is_degenerate


@pytest.mark.parametrize("name", ["expected", "bound", "allowed"])
def test_a_wrong_number_is_found(exported: Path, name: str) -> None:
    manifest, data = read(exported)
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
    manifest, data = read(exported)
    part = {"groups": copy.deepcopy(manifest["groups"][:1]), "illegal": []}
    edit(part)
    assert told in " ".join(problem.what for problem in _wrong(part, data))


@pytest.mark.parametrize("text", ["n0c1k1i900000000f1", "n0c0k0i9000x9000f1x1", "n1c1k1i1f900000000p900000000"])
def test_a_convolution_too_large_to_verify_is_refused_before_memory_is_taken(exported: Path, text: str) -> None:
    manifest, data = read(exported)
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
        read(tmp_path)


def test_data_and_version_that_do_not_belong_are_refused(small: Path, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=MANIFEST):
        read(tmp_path)
    shutil.copytree(small, tmp_path / "set")
    (tmp_path / "set" / DATA).write_bytes(b"")
    with pytest.raises(InvalidArgument, match="the data of its"):
        read(tmp_path / "set")
    manifest = json.loads((small / MANIFEST).read_text())
    (tmp_path / "set" / MANIFEST).write_text(json.dumps(manifest | {"version": 99}))
    with pytest.raises(InvalidArgument, match="99"):
        read(tmp_path / "set")


def test_a_part_of_the_set_keeps_its_ids(small: Path, exported: Path) -> None:
    manifest, data = read(small)
    vectors = {v["id"]: v for group in manifest["groups"] for v in group["vectors"]}
    assert {vector["pass"] for vector in vectors.values()} == {"forward", "update"}
    assert {group["dtype"] for group in manifest["groups"]} == {"float16"}
    assert manifest["illegal"] == []
    whole = {v["id"]: v["pass"] for group in read(exported)[0]["groups"] for v in group["vectors"]}
    assert {name: vector["pass"] for name, vector in vectors.items()}.items() <= whole.items()
    assert _wrong(manifest, data) == []


def test_names_that_select() -> None:
    assert {choice.case.dtype for choice in choices(["Groups", "int8", "float64"])} == {"int8", "float64"}
    assert {str(choice.check) for choice in choices(["precision"])} == {"precision"}
    assert not choices(["AcceptedInvalid"])
    assert {str(call.pass_) for _, call in calls(["AcceptedInvalid", "forward"])} == {"forward"}
    assert len(choices()) > len(choices(["forward"])) > 0
    with pytest.raises(InvalidArgument, match="sideways"):
        choices(["forward", "sideways"])


def test_a_folder_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    def interrupt(done: int, total: int) -> None:
        raise KeyboardInterrupt

    target = tmp_path / "set"
    with pytest.raises(KeyboardInterrupt):
        export(target, interrupt, only=["int8"])
    assert list(tmp_path.iterdir()) == []
    export(target, only=["int8"])
    before = (target / MANIFEST).read_bytes()
    with pytest.raises(KeyboardInterrupt):
        export(target, interrupt, only=["float16"])
    assert list(tmp_path.iterdir()) == [target]
    assert (target / MANIFEST).read_bytes() == before
    export(target, only=["float16"])
    assert (target / MANIFEST).read_bytes() != before
    assert list(tmp_path.iterdir()) == [target]


def test_what_somebody_put_beside_an_export_stays(tmp_path: Path) -> None:
    target = tmp_path / "vectors"
    for text in ("first", "second"):
        with folder_module.whole_folder(target, "sign") as home:
            (home / "sign").write_text(text)
        (target / "README.md").write_text("mine")
    assert {path.name: path.read_text() for path in target.iterdir()} == {"sign": "second", "README.md": "mine"}


def test_an_earlier_folder_returns_when_the_new_one_cannot_take_its_place(tmp_path: Path) -> None:
    target = tmp_path / "set"
    target.mkdir()
    (target / "sign").write_text("earlier")
    with pytest.raises(FileNotFoundError), folder_module.whole_folder(target, "sign") as home:
        home.rmdir()
    assert (target / "sign").read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [target]


def test_a_folder_of_something_else_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "mine.txt").write_text("precious")
    for target in (tmp_path, tmp_path / "mine.txt"):
        with pytest.raises(InvalidArgument, match="an earlier export"):
            export(target, only=["int8"])
    assert (tmp_path / "mine.txt").read_text() == "precious"
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    export(Path(), only=["int8"])
    assert (tmp_path / "here" / MANIFEST).is_file()


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_example_in_javascript_reads_them() -> None:
    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        script = ROOT / "examples" / "vectors" / "verify.js"
        return subprocess.run([str(NODE), str(script), *arguments], capture_output=True, text=True, check=False)

    done = run(str(SHIPPED))
    assert (done.returncode, done.stderr) == (0, "")
    assert " 0 wrong" in done.stdout
    broken = run(str(SHIPPED), "--broken")
    assert broken.returncode == 1
    assert "wrong: " in broken.stdout
