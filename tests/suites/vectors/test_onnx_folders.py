"""ONNX backend-test folders: what ONNX Runtime computes from a model is what its folder expects."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.suites.candidates import CandidateError
from convoracle.suites.vectors import onnx_folders

NO_KERNEL = ("NOT_IMPLEMENTED", "bfloat16", "Unexpected mode")
"""What ONNX Runtime says of a dtype for which it has no kernel, and of padding an empty batch."""


def test_onnx_runtime_gives_what_its_folders_expect(tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    onnxruntime = pytest.importorskip("onnxruntime")
    count = onnx_folders.export_onnx(tmp_path / "onnx")
    folders = sorted(path for path in (tmp_path / "onnx").iterdir() if path.is_dir())
    assert len(folders) == count > 50
    ran, refusals = set(), []
    for folder in folders:
        model = onnx.load(folder / "model.onnx")
        onnx.checker.check_model(model, full_check=True)

        def tensor(name: str, folder: Path = folder) -> np.ndarray:
            proto = onnx.TensorProto.FromString((folder / "test_data_set_0" / name).read_bytes())
            return onnx.numpy_helper.to_array(proto)

        try:
            session = onnxruntime.InferenceSession(str(folder / "model.onnx"), providers=["CPUExecutionProvider"])
            given = {each.name: tensor(f"input_{number}.pb") for number, each in enumerate(session.get_inputs())}
            (output,) = session.run(None, given)
        except Exception as error:  # noqa: BLE001 - what it has no kernel for
            refusals.append(str(error))
            continue
        ran |= {node.op_type for node in model.graph.node}
        assert np.array_equal(output, tensor("output_0.pb")), folder.name
    assert ran >= {"Conv", "ConvTranspose", "ConvInteger"}
    assert len(refusals) < count / 2
    assert [told for told in refusals if not any(sign in told for sign in NO_KERNEL)] == []


def test_only_what_onnx_can_express(tmp_path: Path) -> None:
    pytest.importorskip("onnx")
    assert 0 < onnx_folders.export_onnx(tmp_path / "some", only=["int8"]) < 5
    with pytest.raises(InvalidArgument, match="an operator for"):
        onnx_folders.export_onnx(tmp_path / "none", only=["update"])
    assert [path.name for path in tmp_path.iterdir()] == ["some"]


def test_it_says_that_onnx_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "onnx", None)
    monkeypatch.delitem(sys.modules, "convoracle.suites.candidates.onnx.model", raising=False)
    monkeypatch.delattr("convoracle.suites.candidates.onnx.model", raising=False)
    with pytest.raises(CandidateError, match=r"pip install onnx onnxruntime, or in a clone"):
        onnx_folders.export_onnx(tmp_path / "onnx")
    assert list(tmp_path.iterdir()) == []
