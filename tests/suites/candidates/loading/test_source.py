"""Loading: each text form works, and each mistake gets one sentence that says what to do."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.suites.candidates import BUILT_IN, CandidateError
from convoracle.suites.candidates.loading.source import bind_object, load

GEOMETRY = ConvGeometry.of(size=(2, 2), kernel=1)
KERNELS = """
import numpy as np


class Kernels:
    name = "fast"
    version = "1.2"
    accumulators = {"float16": "float32"}

    def forward(self, x, w, geometry):
        return x * w

    def update(self, x, w, dy, lr):
        return w


class NeedsDevice:
    def __init__(self, device):
        self.device = device

    def forward(self, x, w):
        return x


def conv(x, w):
    return x * w


instance = Kernels()
number = 3
"""


@pytest.fixture
def kernels(tmp_path: Path) -> Path:
    path = tmp_path / "kernels.py"
    path.write_text(KERNELS)
    return path


def operands() -> Operands:
    one = np.ones((1, 1, 1, 1))
    return Operands(np.arange(4.0).reshape(1, 1, 2, 2), one, None, np.ones((1, 1, 2, 2)))


@pytest.mark.parametrize("attribute", ["conv", "Kernels", "instance"])
def test_attributes_of_a_file(kernels: Path, attribute: str) -> None:
    candidate = load(f"{kernels}:{attribute}")
    assert candidate.info.name == f"kernels.py:{attribute}"
    assert candidate.info.source == f"{kernels}:{attribute}"
    assert np.array_equal(candidate.evaluate(Pass.FORWARD, operands(), GEOMETRY), operands().input)


def test_declarations_are_kept(kernels: Path) -> None:
    candidate = load(f"{kernels}:instance")
    assert candidate.info.version == "1.2"
    assert candidate.info.accumulators == (("float16", "float32"),)
    assert candidate.passes == {Pass.FORWARD, Pass.UPDATE}


@pytest.mark.parametrize(
    "accumulators",
    [{"float32": "tf32"}, {"fp16": "float32"}, {"float16": np.float32}, {"float16": ["float32"]}, "float32", None, []],
)
def test_accumulators_that_are_none(accumulators: Any) -> None:
    candidate = type("Declaring", (), {"forward": lambda self, x, w: x, "accumulators": accumulators})
    sentence = f"Declaring declares accumulators={accumulators!r}, but should map names among float64, float32, "
    with pytest.raises(CandidateError, match=re.escape(sentence)):
        bind_object(candidate)


@pytest.mark.parametrize(
    "conventions",
    [
        {"order": "blocks of 32"},
        {"order/float16": "8 parts", "accumulation/float16": "aligned"},
        {"algorithm": "winograd F(4, 3)"},
    ],
)
def test_conventions_with_numbers_are_kept(conventions: dict[str, str]) -> None:
    candidate = type("Declaring", (), {"forward": lambda self, x, w: x, "conventions": conventions})
    assert dict(bind_object(candidate).info.conventions) == conventions


@pytest.mark.parametrize(
    ("conventions", "told"),
    [
        (
            {"order": "blocks of 1"},
            "'order' as 'blocks of 1', but should be one of any, pairwise, blocks of N, N parts",
        ),
        ({"order": "0 parts"}, "'order' as '0 parts', but should be one of"),
        (
            {"algorithm": "winograd F(6, 5)"},
            "'algorithm' as 'winograd F(6, 5)', but should be one of direct, transform, w",
        ),
        (
            {"algorithm/float16": "winograd"},
            "'algorithm/float16' as 'winograd', but should be one of direct, transform",
        ),
        ({"sums": ["plain"]}, "'sums' as ['plain'], but should be one of plain, compensated"),
    ],
)
def test_conventions_that_are_none(conventions: Any, told: str) -> None:
    candidate = type("Declaring", (), {"forward": lambda self, x, w: x, "conventions": conventions})
    with pytest.raises(CandidateError, match=re.escape(f"Declaring declares the convention {told}")):
        bind_object(candidate)


@pytest.mark.parametrize("conventions", [{"orders": "any"}, "any", [("order", "any")]])
def test_conventions_that_are_no_mapping_of_known_names(conventions: Any) -> None:
    candidate = type("Declaring", (), {"forward": lambda self, x, w: x, "conventions": conventions})
    with pytest.raises(CandidateError, match="but should map names among algorithm, accumulation, order"):
        bind_object(candidate)


@pytest.mark.parametrize("attribute", ["conv", "Kernels", "instance"])
def test_call_text_of_a_file_runs(kernels: Path, attribute: str) -> None:
    text = load(f"{kernels}:{attribute}").call_text(Pass.FORWARD, GEOMETRY, "float64", False)
    namespace: dict[str, Any] = dict(operands().arrays())
    exec(text, namespace)
    assert np.array_equal(namespace["actual"], operands().input)


def test_module_in_the_current_folder(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kernels.rename(kernels.with_name("kernels_of_this_test.py"))
    monkeypatch.chdir(kernels.parent)
    monkeypatch.setattr(sys, "path", list(sys.path))
    candidate = load("kernels_of_this_test:conv")
    assert candidate.info.name == "kernels_of_this_test:conv"
    assert "from kernels_of_this_test import conv" in candidate.call_text(Pass.FORWARD, GEOMETRY, "float64", False)


@pytest.mark.parametrize(
    ("source", "sentence"),
    [
        ("torhc", r"there is no candidate 'torhc': did you mean 'torch'\? built-in candidates are reference, "),
        ("zzz", r"there is no candidate 'zzz': built-in candidates are .*; your own is given as"),
        ("absent/kernels.py:conv", r"there is no file absent/kernels.py \(looked in "),
        ("absent_module:conv", r"there is no module 'absent_module' .* give its path"),
        ("json.absent:conv", r"there is no module 'json.absent'"),
        ("{kernels}:cnov", r"has no 'cnov'; it defines Kernels, NeedsDevice, conv"),
        ("{kernels}:Kernels.forward", r"forward requires `self`"),
        ("{kernels}:number", r"is a int with none of the functions .* forward, input_gradient"),
        ("{kernels}:NeedsDevice", r"cannot be made without arguments \(TypeError.*name an instance"),
    ],
)
def test_mistakes(source: str, sentence: str, kernels: Path) -> None:
    with pytest.raises(CandidateError, match=sentence) as raised:
        load(source.format(kernels=kernels))
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("1 / 0", r"importing .*broken.py raised ZeroDivisionError: division by zero \(broken.py:1\)"),
        ("import absent_library", r"importing .*broken.py failed: .*absent_library.*: install that module first"),
        ("def f(:", r"raised SyntaxError: invalid syntax \(broken.py, line 1\): mend that first"),
        ("raise SystemExit(2)", r"raised SystemExit: 2"),
    ],
)
def test_module_that_does_not_import(text: str, sentence: str, tmp_path: Path) -> None:
    path = tmp_path / "broken.py"
    path.write_text(text)
    with pytest.raises(CandidateError, match=sentence):
        load(f"{path}:conv")


@pytest.mark.parametrize(
    ("name", "module", "sentence"),
    [
        (
            "torch",
            "torch",
            r"needs PyTorch, which is not installed: pip install torch, or in a clone of .* '.\[torch\]'",
        ),
        (
            "tensorflow",
            "tensorflow",
            r"needs TensorFlow, which is not installed: pip install tensorflow, or in a clone of .* '.\[tensorflow\]'",
        ),
        ("jax", "jax", r"needs JAX, which is not installed: pip install jax, or in a clone of .* '.\[jax\]'"),
        (
            "keras",
            "keras",
            r"needs Keras with JAX, which is not installed: pip install keras jax, or in a clone of .* '.\[keras\]'",
        ),
    ],
)
def test_framework_that_is_not_installed(
    name: str, module: str, sentence: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, module, None)
    package = "convoracle.suites.candidates"
    adapters = BUILT_IN[name].removeprefix(f"{package}.").partition(":")[0].partition(".")[0]
    for loaded in [each for each in sys.modules if f"{each}.".startswith(f"{package}.{adapters}.")]:
        monkeypatch.delitem(sys.modules, loaded)
    with pytest.raises(CandidateError, match=sentence):
        load(name)


def test_live_objects() -> None:
    def conv(x: Any, w: Any) -> Any:
        return x * w

    assert bind_object(conv).info.name == "conv"
    assert bind_object(conv).info.source == ""
    with pytest.raises(CandidateError, match="none of the functions"):
        bind_object([1, 2])


def test_a_long_name_or_version_is_cut() -> None:
    """They stand in a document of a run, which is read back within limits."""

    class Wordy:
        name = version = "x" * 10**6

        def forward(self, input: Any, weight: Any) -> Any: ...

    info = bind_object(Wordy()).info
    assert (len(info.name), len(info.version)) == (2000, 2000)
