"""The vectors: always the same bytes, right by the equations, of the form in the schema, and usable elsewhere."""

from __future__ import annotations

import copy
import json
import shutil
import subprocess
from importlib import resources
from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.vectors.export import export
from convoracle.suites.vectors.flags import FLAGS
from convoracle.suites.vectors.manifest import MANIFEST
from convoracle.suites.vectors.verify import read_set, verify

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "vectors"
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors") / "set"
    export(folder)
    return folder


def _wrong(manifest: dict, data: bytes) -> list:
    return [problem for problem in verify(manifest, data) if problem is not None]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors") / "small"
    export(folder, only=["float16", "forward", "update"])
    return folder


def test_what_ships_is_what_is_exported(exported: Path) -> None:
    names = {path.name for path in SHIPPED.iterdir()} - {"README.md"}
    assert names == {path.name for path in exported.iterdir()}
    for name in names:
        assert (SHIPPED / name).read_bytes() == (exported / name).read_bytes(), name
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 2_000_000


def test_every_vector_is_right() -> None:
    assert _wrong(*read_set(SHIPPED)) == []


@pytest.mark.campaign
def test_every_element_is_right_by_the_equations() -> None:
    assert [problem for problem in verify(*read_set(SHIPPED), thoroughly=True) if problem is not None] == []


def test_the_manifest_has_the_form_of_the_schema(exported: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(resources.files("convoracle.suites.vectors").joinpath("vectors.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    validator = jsonschema.Draft202012Validator(schema)
    manifest = read_set(exported)[0]
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
    manifest = read_set(exported)[0]
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


def test_a_part_of_the_set_keeps_its_ids(small: Path, exported: Path) -> None:
    manifest, data = read_set(small)
    vectors = {v["id"]: v for group in manifest["groups"] for v in group["vectors"]}
    assert {vector["pass"] for vector in vectors.values()} == {"forward", "update"}
    assert {group["dtype"] for group in manifest["groups"]} == {"float16"}
    assert manifest["illegal"] == []
    whole = {v["id"]: v["pass"] for group in read_set(exported)[0]["groups"] for v in group["vectors"]}
    assert {name: vector["pass"] for name, vector in vectors.items()}.items() <= whole.items()
    assert _wrong(manifest, data) == []


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
