"""The built-in candidates by name: each has its framework, and a command that installs it."""

from __future__ import annotations

import pytest

from convoracle.suites.candidates import BUILT_IN, DEFAULT, FRAMEWORKS, how_to_install


def test_all_but_those_of_numpy_need_a_framework() -> None:
    assert BUILT_IN.keys() - FRAMEWORKS.keys() == {"reference", "differences"}
    assert FRAMEWORKS.keys() <= BUILT_IN.keys()
    assert set(DEFAULT) <= BUILT_IN.keys()


@pytest.mark.parametrize(
    ("extras", "packages"),
    [
        ("torch", "torch"),
        ("onnx", "onnx onnxruntime"),
        ("keras,tensorflow", "keras jax tensorflow"),
        ("openvino,onnx", "openvino onnx onnxruntime"),
        ("mlx", "'mlx[cpu]'"),
    ],
)
def test_an_extra_is_installed_by_its_packages_or_from_a_clone(extras: str, packages: str) -> None:
    assert how_to_install(extras) == f"pip install {packages}, or in a clone of convoracle pip install '.[{extras}]'"
