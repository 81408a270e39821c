"""The vectors: always the same bytes, right by the equations, of the form in the schema, and usable elsewhere."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections import Counter
from importlib import resources
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.dtypes import DTYPES
from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.passes import Pass
from convoracle.suites.cli import main
from convoracle.suites.vectors import onnx_folders
from convoracle.suites.vectors.export import export
from convoracle.suites.vectors.flags import FLAGS
from convoracle.suites.vectors.manifest import DATA, MANIFEST
from convoracle.suites.vectors.verify import read, verify

ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "vectors"
NODE = shutil.which("node")


@pytest.fixture(scope="module")
def exported(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("vectors") / "set"
    export(folder)
    return folder


def test_what_ships_is_what_is_exported(exported: Path) -> None:
    names = {path.name for path in SHIPPED.iterdir()} - {"README.md"}
    assert names == {path.name for path in exported.iterdir()}
    for name in names:
        assert (SHIPPED / name).read_bytes() == (exported / name).read_bytes(), name
    assert sum(path.stat().st_size for path in SHIPPED.iterdir()) <= 2 * 2**20


def test_every_vector_is_right(exported: Path) -> None:
    manifest, data = read(exported)
    assert [problem for problem in verify(manifest, data) if problem is not None] == []


@pytest.mark.campaign
def test_every_vector_is_right_by_the_equations(exported: Path) -> None:
    manifest, data = read(exported)
    assert [problem for problem in verify(manifest, data, thoroughly=True) if problem is not None] == []


def test_the_manifest_has_the_form_of_the_schema(exported: Path) -> None:
    jsonschema = pytest.importorskip("jsonschema")
    schema = json.loads(resources.files("convoracle.suites.vectors").joinpath("vectors.schema.json").read_text())
    jsonschema.Draft202012Validator.check_schema(schema)
    jsonschema.Draft202012Validator(schema).validate(read(exported)[0])


def test_every_pass_dtype_flag_and_result_is_there(exported: Path) -> None:
    vectors = read(exported)[0]["vectors"]
    assert {vector["pass"] for vector in vectors} == {str(pass_) for pass_ in Pass}
    assert {vector["dtype"] for vector in vectors if "dtype" in vector} == set(DTYPES)
    assert {flag for vector in vectors for flag in vector["flags"]} == set(FLAGS)
    assert set(Counter(vector["result"] for vector in vectors)) == {"valid", "acceptable", "invalid"}
    assert len({vector["id"] for vector in vectors}) == len(vectors)


def test_a_wrong_value_is_found(exported: Path, tmp_path: Path) -> None:
    manifest, data = read(exported)
    vector = next(v for v in manifest["vectors"] if v["pass"] == "forward" and v["result"] == "valid")
    place = vector["expected"]
    size = np.dtype(place["dtype"]).itemsize
    changed = bytearray(data)
    value = np.frombuffer(changed, place["dtype"], 1, place["offset"]) + 1
    changed[place["offset"] : place["offset"] + size] = value.astype(place["dtype"]).tobytes()
    told = [problem for problem in verify(manifest, bytes(changed)) if problem is not None]
    assert vector["id"] in {problem.id for problem in told}
    assert "are not those of the equations" in told[0].what


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        ({"flags": ["Nonsense"]}, "not explained"),
        ({"text": "n1c1k1i9f1"}, "in two ways"),
        ({"expected": {"dtype": "float32", "shape": [10**9], "offset": 0}}, "does not lie within"),
        ({"pass": "sideways"}, "cannot be read"),
    ],
)
def test_a_wrong_entry_is_found(exported: Path, edit: dict, told: str) -> None:
    manifest, data = read(exported)
    vector = {**manifest["vectors"][0], **edit}
    (problem,) = verify({"vectors": [vector]}, data)
    assert problem is not None
    assert told in problem.what


def test_commands_write_verify_and_refuse(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["vectors", "export", str(tmp_path / "new")]) == 0
    assert main(["vectors", "export", str(tmp_path / "new")]) == 0
    assert main(["vectors", "verify", str(tmp_path / "new")]) == 0
    assert "vectors are right" in capsys.readouterr().out
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "mine.txt").write_text("precious")
    assert main(["vectors", "export", str(tmp_path / "other")]) == 2
    assert (tmp_path / "other" / "mine.txt").read_text() == "precious"
    (tmp_path / "new" / DATA).write_bytes(b"")
    assert main(["vectors", "verify", str(tmp_path / "new")]) == 2
    with pytest.raises(InvalidArgument, match=MANIFEST):
        read(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["new", "other"]


def test_onnx_runtime_gives_what_its_folders_expect(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    count = onnx_folders.export(tmp_path / "onnx")
    folders = sorted(path for path in (tmp_path / "onnx").iterdir() if path.is_dir())
    assert len(folders) == count > 50
    ran, refusals = 0, []
    for folder in folders:

        def tensor(name: str, folder: Path = folder) -> np.ndarray:
            proto = onnx.TensorProto.FromString((folder / "test_data_set_0" / name).read_bytes())
            return onnx.numpy_helper.to_array(proto)

        try:
            session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
            given = {each.name: tensor(f"input_{number}.pb") for number, each in enumerate(session.get_inputs())}
            (output,) = session.run(None, given)
        except Exception as error:  # noqa: BLE001 - what it has no kernel for, and empty batches that it refuses
            refusals.append(str(error))
            continue
        ran += 1
        assert np.array_equal(output, tensor("output_0.pb")), folder.name
    assert ran > 40
    known = ("NOT_IMPLEMENTED", "bfloat16", "Unexpected mode")
    assert [told for told in refusals if not any(sign in told for sign in known)] == []


@pytest.mark.skipif(NODE is None, reason="node is not installed")
def test_the_example_in_javascript_reads_them() -> None:
    script = ROOT / "examples" / "vectors" / "verify.js"
    done = subprocess.run([str(NODE), str(script), str(SHIPPED)], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert " 0 wrong" in done.stdout
    broken = subprocess.run(
        [str(NODE), str(script), str(SHIPPED), "--broken"], capture_output=True, text=True, check=False
    )
    assert broken.returncode == 1
    assert "wrong: " in broken.stdout
