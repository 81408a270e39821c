"""The scripts of docs/findings still run, whether or not the defect that each shows has been mended."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from pathlib import Path

import pytest

SCRIPTS = sorted((Path(__file__).parents[2] / "docs" / "findings").glob("*.py"))
FRAMEWORKS = {
    "torch": "torch",
    "tf": "tensorflow",
    "jax": "jax",
    "mlx": "mlx",
    "numpy": "numpy",
    "onnx": "onnx",
    "onnxruntime": "onnxruntime",
    "openvino": "openvino",
    "scipy": "scipy",
}
KILLERS = {
    "jax_input_gradient_aborts",
    "mlx_forward_no_channels",
    "mlx_weight_gradient_empty_batch",
    "tf_forward_mode_threads",
    "tf_function_depthwise_explicit_padding",
    "tf_weight_gradient_1x1",
    "tf_weight_gradient_no_window",
    "torch_float32_weight_gradient_1x1",
}
"""Where the process's death by a signal is the finding itself."""

pytestmark = pytest.mark.campaign


def test_every_script_is_described() -> None:
    text = (SCRIPTS[0].parents[1] / "findings.md").read_text(encoding="utf-8")
    assert SCRIPTS
    assert [script.name for script in SCRIPTS if f"findings/{script.name}" not in text] == []


@pytest.mark.parametrize("script", SCRIPTS, ids=lambda script: script.stem)
def test_script_runs(script: Path) -> None:
    framework = FRAMEWORKS[script.stem.partition("_")[0]]
    if importlib.util.find_spec(framework) is None:
        pytest.skip(f"{framework} is not installed")
    environment = {name: value for name, value in os.environ.items() if name != "MALLOC_PERTURB_"}
    done = subprocess.run(
        [sys.executable, str(script)], capture_output=True, text=True, timeout=180, check=False, env=environment
    )

    told = f"exit status {done.returncode}\n{done.stdout}\n{done.stderr}"
    killed = done.returncode < 0 and script.stem in KILLERS
    # An uncaught exception also exits with 1.
    assert done.returncode in (0, 1) or killed, told
    assert "Traceback" not in done.stderr, told
    assert "expected" in done.stdout, told
    assert "got" in done.stdout or killed, told
    print(f"{script.stem}: {'gone' if done.returncode == 0 else 'defect'}")
