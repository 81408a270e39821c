"""Keras on JAX and on TensorFlow equals the equations; each backend in a process of its own, as Keras has one only."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Returned, Unsupported
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.keras.backend import choose

from .conformity import GEOMETRIES, ask, assert_exact, integer_operands, random_geometry

pytest.importorskip("keras")

BACKENDS = {"keras": "jax", "keras-tensorflow": "tensorflow"}
SAME_TRANSPOSED = parse_geometry("n1c2k3i4x3f3x4s2x2p0+1x1t")
CUT = parse_geometry("n2c2k3i3x4f2x3s3x2p1+0x0+2to1x1")
FEW = (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.UPDATE, Pass.DOUBLE_BACKWARD_WEIGHT)


@pytest.fixture(scope="module", params=BACKENDS)
def executor(request: pytest.FixtureRequest) -> Iterator[Executor]:
    pytest.importorskip(BACKENDS[request.param])
    with Isolated(request.param) as isolated:
        yield isolated


@pytest.mark.parametrize("geometry", [*GEOMETRIES[3:8:2], GEOMETRIES[6], SAME_TRANSPOSED, CUT], ids=str)
def test_equals_the_equations(executor: Executor, geometry: ConvGeometry) -> None:
    for pass_ in Pass if geometry is GEOMETRIES[3] else FEW:
        assert isinstance(ask(executor, pass_, geometry, "float32"), Returned), pass_


def test_random_geometries(executor: Executor) -> None:
    for seed in range(5):
        for geometry in (random_geometry(seed, transposed=True), random_geometry(seed, padding_mode="reflect")):
            for pass_ in (Pass.FORWARD, Pass.WEIGHT_GRADIENT):
                reply = ask(executor, pass_, geometry, ("float32", "bfloat16")[seed % 2])
                assert isinstance(reply, Returned | Unsupported), (pass_, geometry)


def test_same_is_asked_for_where_it_is_meant(executor: Executor) -> None:
    for geometry in (SAME_TRANSPOSED, parse_geometry("n1c1k1i5f2s1p0+1")):
        text = executor.call_text(Pass.FORWARD, geometry, "float32", False)
        assert "padding='same'" in text
        assert "keras.ops.pad" not in text


@pytest.mark.parametrize(
    ("text", "dtype", "reason"),
    [
        ("n1c2k2i4f2g2t", "float32", "keras.ops.conv_transpose has no groups"),
        ("n1c1k1i4f2p1mcircular", "float32", "keras.ops.pad has no mode for circular padding"),
        ("n1c1k1i4f2", "int8", "Keras is asked for convolutions of float64"),
    ],
)
def test_what_keras_has_not(executor: Executor, text: str, dtype: str, reason: str) -> None:
    reply = ask(executor, Pass.FORWARD, parse_geometry(text), dtype)
    assert isinstance(reply, Unsupported)
    assert reply.reason.startswith(reason)


def test_call_text_runs(executor: Executor, tmp_path: Path) -> None:
    """All passes in one process, since a process has one backend."""
    geometry = parse_geometry("n1c2k3i6x5f2x3s2x1p1x0+1")
    operands = integer_operands(geometry, "float32")
    np.savez(tmp_path / "operands.npz", **operands.arrays())
    lines = ["import numpy as np", "given = dict(np.load('operands.npz'), learning_rate=0.5)", "results = {}"]
    for pass_ in Pass:
        lines.append(f"scope = dict(given); exec({executor.call_text(pass_, geometry, 'float32', True)!r}, scope)")
        lines.append(f"results[{pass_.value!r}] = scope['actual']")
    (tmp_path / "all.py").write_text("\n".join([*lines, "np.savez('results.npz', **results)"]))
    subprocess.run([sys.executable, "all.py"], cwd=tmp_path, check=True, env={**os.environ, "KERAS_BACKEND": "torch"})
    with np.load(tmp_path / "results.npz") as results:
        for pass_ in Pass:
            assert_exact(results[pass_.value], pass_, operands, geometry, "float32")


def test_the_texts_are_the_code_that_runs(executor: Executor, tmp_path: Path) -> None:
    """In a process of its own, since a process has one backend."""
    lines = [f"import sys; sys.path.insert(0, {str(Path(__file__).parent)!r})"]
    lines += ["from conformity import assert_texts_are_code"]
    lines += ["from convoracle.suites.calling.in_process import InProcess"]
    lines += [f"assert_texts_are_code(InProcess({executor.info.name!r}))"]
    (tmp_path / "texts.py").write_text("\n".join(lines))
    subprocess.run([sys.executable, "texts.py"], cwd=tmp_path, check=True)


def test_another_backend_that_is_loaded_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = SimpleNamespace(backend=SimpleNamespace(backend=lambda: "torch"))
    monkeypatch.setitem(sys.modules, "keras", loaded)
    monkeypatch.setenv("KERAS_BACKEND", "torch")
    choose("torch")
    with pytest.raises(CandidateError, match="loaded with its backend 'torch', and this candidate needs 'jax'"):
        choose("jax")
