"""The script for a GPU, on the CPU: its parts run, each within its limit, and the page says what has not run."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
GPU = ROOT / "benchmarks" / "gpu"


@pytest.fixture
def gpu_module(benchmark_named: Callable[[str], ModuleType], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Any]:
    monkeypatch.syspath_prepend(str(GPU))
    return benchmark_named


def run(out: Path, *options: str) -> tuple[int, dict[str, Any]]:
    command = [sys.executable, str(GPU / "parts.py"), "--device", "cpu", "--out", str(out), *options]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, env=environment)
    results = json.loads((out / "results.json").read_text())
    assert [f"{each['outcome']}: {each['part']}" for each in results["parts"]] == [
        line.rpartition(",")[0] for line in done.stdout.splitlines()
    ]
    return done.returncode, results


def _shown(report: Path) -> str:
    """What the run's end told, again."""
    return subprocess.run(
        [sys.executable, "-m", "convoracle.suites", "show", str(report)], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.skipif(shutil.which("c++") is None, reason="there is no compiler of C++")
def test_parts_run_on_the_cpu(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    code, results = run(tmp_path, "--only", "cuda c", "cupy", "--seconds", "120")
    assert (code, results["document"], results["machine"]["device"]) == (0, "gpu", "cpu")
    assert [each["outcome"] for each in results["parts"]] == ["done", "done"]
    in_cuda, in_cupy = (each["told"] for each in results["parts"])
    assert "row-blocks-only-written-4" in in_cuda[0], in_cuda  # the tail bug, which is asked last
    assert "no mismatch in" in in_cupy[-1]
    assert "no mismatch in" in _shown(tmp_path / "cuda-c")


def test_layers_are_certified_on_the_device(
    benchmark_named: Callable[[str], ModuleType],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """That of PyTorch is the CPU here; tensors are read by the array API all the same."""
    pytest.importorskip("torch")
    on_device, written = benchmark_named("on_device"), tmp_path / "on-device.json"
    monkeypatch.setattr(sys, "argv", ["on_device.py", "cpu", str(written)])
    assert on_device.main() == 0
    rows = json.loads(written.read_text())["rows"]
    assert {each["pass"] for each in rows} == {"forward", "input_gradient", "weight_gradient"}
    assert f"{len(rows)} hold" in capsys.readouterr().out
    right = on_device.only_tensor
    monkeypatch.setattr(on_device, "only_tensor", lambda returned: right(returned) * 2)
    assert on_device.main() == 1
    assert "; 0 hold" in capsys.readouterr().out


def test_a_part_beyond_its_limit_stops_none(tmp_path: Path) -> None:
    pytest.importorskip("torch")
    code, results = run(tmp_path, "--only", "TF32 off", "channels last", "--seconds", "1")
    assert code == 1
    assert [(each["outcome"], each["ended_with"]) for each in results["parts"]] == [("timed out", None)] * 2


def test_a_part_that_ends_otherwise_has_failed(gpu_module: Callable[..., Any], tmp_path: Path) -> None:
    parts = gpu_module("parts")
    ending = tuple((sys.executable, "-c", f"print('said'); raise SystemExit({code})") for code in (0, 1))
    for commands, ends_with, outcome in (
        (ending[:1], 0, "done"),
        (ending, 1, "done"),
        (ending, 0, "failed"),
        (ending[::-1], 0, "failed"),
    ):
        result = parts.run(parts.Part("part", 30, commands, ends_with), "cpu", tmp_path)
        assert (result.outcome, result.told) == (outcome, ("said",))


def test_without_nvcc_it_says_so(
    gpu_module: Callable[..., Any], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kernels = gpu_module("kernels")
    monkeypatch.setattr(shutil, "which", lambda name: None)
    monkeypatch.setattr(sys, "argv", ["kernels.py", "cuda", "right.so", "wrong.so"])
    assert kernels.main() == 2
    assert capsys.readouterr().out.startswith("there is no nvcc, neither on the path nor at ")


def test_all_parts_fit_into_eight_minutes(gpu_module: Callable[..., Any]) -> None:
    assert sum(part.seconds for part in gpu_module("parts").PARTS) <= 450


def test_each_way_of_torch_is_set_as_it_is_called(
    gpu_module: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    cudnn = pytest.importorskip("torch").backends.cudnn
    monkeypatch.setenv("GPU_DEVICE", "cpu")
    names = ("allow_tf32", "benchmark", "deterministic")
    kept = [getattr(cudnn, name) for name in names]
    ways = gpu_module("torch_ways")
    try:
        for way, name, settings in (
            ("Tf32", "TF32", [True, False, False]),
            ("Single", "TF32 off", [False, False, False]),
            ("ChannelsLast", "channels last", [True, False, False]),
            ("Benchmarked", "cudnn.benchmark", [True, True, False]),
            ("Deterministic", "deterministic", [True, False, True]),
        ):
            assert getattr(ways, way)().name == name
            assert [getattr(cudnn, setting) for setting in names] == settings
    finally:
        for name, value in zip(names, kept, strict=True):
            setattr(cudnn, name, value)


@pytest.mark.parametrize("arguments", [[], ["no-such-folder", "out"]])
def test_the_script_says_how_it_is_called(arguments: list[str], tmp_path: Path) -> None:
    done = subprocess.run([str(GPU / "run.sh"), *arguments], capture_output=True, text=True, check=False, cwd=tmp_path)
    usage = "usage: run.sh WHEELHOUSE OUT [PYTHON], where WHEELHOUSE is a folder of wheels\n"
    assert (done.returncode, done.stderr) == (2, usage)
    assert not list(tmp_path.iterdir())


def test_the_page_is_what_its_results_make(gpu_module: Callable[..., Any]) -> None:
    page = gpu_module("page")
    assert (ROOT / "docs" / "gpu.md").read_text() == page.page(None)
    assert "has not run on a GPU" in page.page(None)


def test_the_page_of_results_has_a_row_of_each_part(gpu_module: Callable[..., Any]) -> None:
    found = {"part": "cuda c", "outcome": "failed", "seconds": 3.2, "ended_with": 1, "told": ["a | b", ""]}
    machine = {"gpu": "", "torch": "2.13", "python": "3.12", "device": "cpu"}
    text = gpu_module("page").page({"machine": machine, "parts": [found]})
    assert "| cuda c | 40 s | failed | 3 | a \\| b |" in text
    assert "| triton | 35 s | not run | – | – |" in text
    assert "it ran on the CPU, and shows nothing of one" in text
    assert "has not run" not in text
