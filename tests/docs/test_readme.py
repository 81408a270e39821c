"""What the README says of names is so; its commands are run with those of the documentation."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.suites.candidates.calls.settings import SETTING_NAMES

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def test_the_attributes_of_a_geometry() -> None:
    paragraph = README.partition("\n`geometry` has ")[2].partition(" Of `jvp`")[0]
    named = re.findall(r"`([a-z_]+)`", paragraph)
    geometry = ConvGeometry.of(size=(3, 4), kernel=2)
    assert [name for name in named if not hasattr(geometry, name)] == []
    assert set(named) >= {*SETTING_NAMES, "size", "kernel", "batch", "in_channels", "out_channels", "output_size"}


def test_an_attribute_that_is_not_there_is_told_with_those_that_are() -> None:
    with pytest.raises(AttributeError, match=r"^a ConvGeometry has no `strides`; it has batch, in_channels,"):
        getattr(ConvGeometry.of(size=(3, 4), kernel=2), "strides")  # noqa: B009 - mypy knows that there is none


PRELUDE = """
import numpy as np
import pytest

def my_conv2d(x, w, *, stride=(1, 1), padding=(0, 0)):
    return conv2d(x, w, (2, 2), (1, 1)) if (stride, padding) == ((1, 1), (0, 0)) else conv2d(x, w, stride, padding)

def conv2d(x, w, stride, padding):
    (down, across), (rows, columns) = stride, padding
    x = np.pad(x, ((0, 0), (0, 0), (rows, rows), (columns, columns)))
    if any(size < reach for size, reach in zip(x.shape[2:], w.shape[2:])):
        raise NotImplementedError("no window")
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))[:, :, ::down, ::across]
    return np.tensordot(windows, w, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)

class MyConvolution:
    def weight_gradient(self, input, output_gradient, geometry):
        raise NotImplementedError

x, w = np.ones((1, 2, 6, 6), np.float32), np.ones((3, 2, 3, 3), np.float32)
"""


def test_what_is_shown_of_pytest_can_be_collected_and_its_bound_holds(tmp_path: Path) -> None:
    section = README.partition("### In pytest")[2].partition("\n## ")[0]
    blocks = re.findall(r"```python\n(.*?)```", section, re.DOTALL)
    assert len(blocks) == 3
    (tmp_path / "adapters.py").write_text("class MyAdapter:\n    def forward(self, x, w): raise NotImplementedError\n")
    (tmp_path / "test_shown.py").write_text(PRELUDE + "\n\n".join(blocks))
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    listed = subprocess.run([*command, "--collect-only"], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert listed.returncode == 0, listed.stdout
    for name in ("test_my_conv2d", "TestMyAdapter::test_feature[2-D]", "test_layer", "test_linear"):
        assert name in listed.stdout
    done = subprocess.run(
        [*command, "-k", "layer or linear or fresh"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert "2 passed" in done.stdout, done.stdout
