"""Whole layers of candidates: right ones are certified, wrong ones told with an element, and the rest is not green."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.audits.certified_layers import CertifiedLayer, certified_layers
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.cases.corpora.selection import Selection
from convoracle.suites.command.cli import main
from convoracle.suites.pytest_plugin.fixture import Conformance

LAYERS = 'mb2ic16ih14oc24oh14kh3ph1n"three"\nmb2g16ic16ih9oc16oh9kh3ph1n"depthwise"\n'


class Convolution:
    """Right, in float64, but for what is made of the result."""

    passes = frozenset(Pass)
    version = "1.0"

    def __init__(self, made: Callable[[Array, ConvGeometry], Any] = lambda result, geometry: result) -> None:
        self.made = made

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Any:
        wide = operands.map(lambda array: array.astype(np.float64))
        return self.made(reference.evaluate(pass_, wide, geometry).astype(operands.input.dtype), geometry)


@pytest.fixture
def corpus(tmp_path: Path) -> str:
    (tmp_path / "layers.txt").write_text(LAYERS)
    return str(tmp_path / "layers.txt")


def found(candidate: object, corpus: str, *passes: Pass, dtype: str = "float32") -> list[CertifiedLayer]:
    layers = Selection((corpus,)).cases(dtypes=(dtype,), ranks=(2,), seed=3)
    return list(certified_layers(InProcess(candidate), layers, passes or list(Pass)))


def test_right_layers_are_certified_in_every_pass(corpus: str) -> None:
    certified = found(Convolution(), corpus)
    assert [(each.layer.rpartition(":")[2], each.pass_) for each in certified] == [
        (layer, pass_) for layer in ("three", "depthwise") for pass_ in Pass
    ]
    assert {each.verdict.outcome for each in certified} == {Outcome.CONFORMS}
    told = "9,408 elements are right, but for a probability of 2^-40"
    assert str(certified[0]).endswith(f":three forward: {told}")


def test_a_wrong_element_is_told(corpus: str) -> None:
    def off(result: Array, geometry: ConvGeometry) -> Array:
        result.flat[100] -= 1
        return result

    first, _ = found(Convolution(off), corpus, Pass.WEIGHT_GRADIENT)
    assert first.verdict.outcome is Outcome.VIOLATES
    index = [int(each) for each in np.unravel_index(100, (24, 16, 3, 3))]
    assert f"the element at {index} is " in first.verdict.reason


@pytest.mark.parametrize(
    ("made", "outcome", "told"),
    [
        (lambda result, geometry: result[:, :-1], Outcome.VIOLATES, "returned shape (2, 23, 14, 14), but should be"),
        (lambda result, geometry: result.astype(np.float64), Outcome.VIOLATES, "returned dtype float64"),
        (lambda result, geometry: None, Outcome.VIOLATES, "returned None, but should be an array"),
        (lambda result, geometry: [][1], Outcome.REFUSED, "raised IndexError"),
    ],
)
def test_what_is_no_result_is_told(made: Any, outcome: Outcome, told: str, corpus: str) -> None:
    first, *_ = found(Convolution(made), corpus, Pass.FORWARD)
    assert first.verdict.outcome is outcome
    assert told in first.verdict.reason
    assert first.certificate is None
    assert told in str(first)


def test_zeros_among_the_operands_leave_it_undecided(corpus: str) -> None:
    """144 terms in bfloat16 have room for a part of their products only."""
    Path(corpus).write_text(LAYERS.splitlines()[0] + '\nmb1ic4ih3oc4oh3kh1n"small"\n')
    three, small = found(Convolution(), corpus, Pass.FORWARD, dtype="bfloat16")
    assert three.case.split("/")[1] == ml_dtypes.bfloat16.__name__
    assert three.verdict.outcome is Outcome.UNDECIDED
    assert "have zeros" in str(three)
    assert small.verdict.outcome is Outcome.CONFORMS
    assert ":small forward bfloat16: 36 elements are right" in str(small)


def test_a_transform_that_is_declared_may_round_but_to_no_other_integer(corpus: str) -> None:
    """A right one was called wrong: its results are near integers, not at them."""

    def near(result: Array, geometry: ConvGeometry) -> Array:
        return result + np.float32(2.0**-12)

    def far(result: Array, geometry: ConvGeometry) -> Array:
        return result + np.float32(0.4)

    outcomes = [Outcome.CONFORMS] * len(Pass) * 2
    assert [each.verdict.outcome for each in found(_transform(near), corpus)] == outcomes
    assert Outcome.VIOLATES in {each.verdict.outcome for each in found(Convolution(near), corpus)}
    assert {each.verdict.outcome for each in found(_transform(far), corpus)} == {Outcome.VIOLATES}
    Path(corpus).write_text('mb1ic512ih28oc512oh28kh3ph1n"long"\n')
    (long,) = found(_transform(near), corpus, Pass.FORWARD)
    assert long.verdict.outcome is Outcome.UNDECIDED
    assert "a transform of this size may be off by 4." in str(long)


def _transform(made: Callable[[Array, ConvGeometry], Array]) -> Convolution:
    class Transform(Convolution):
        conventions: ClassVar = {"algorithm": "transform"}

    return Transform(made)


def test_the_command_certifies_and_ends_with_what_is_wrong(
    corpus: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["certify", "reference", "--corpus", corpus]) == 0
    out = capsys.readouterr().out
    assert ":depthwise weight_gradient: 144 elements are right, each compared" in out
    assert "reference" in out.splitlines()[-1]
    assert ": 8 of 8 results certified; " in out.splitlines()[-1]
    (tmp_path / "kernels.py").write_text("def conv2d(x, w):\n    raise NotImplementedError('later')\n")
    assert main(["certify", f"{tmp_path}/kernels.py:conv2d", "--corpus", corpus, "--batch", "1"]) == 1
    out = capsys.readouterr().out
    assert "0 of 2 results certified; 2 unsupported" in out.splitlines()[-1]
    assert "✓" not in out


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (["--corpus", "nowhere.txt"], "nowhere.txt"),
        (["--corpus", "resnet50", "--miss-bits", "0"], "'0' should be an integer of at least 1"),
        (["--corpus", "resnet50", "--miss-bits", "1075"], "'1075' should be an integer of at most 1000"),
        (["--corpus", "resnet50", "--dtypes", "complex64"], "complex64"),
        ([], "--corpus"),
    ],
)
def test_other_arguments_are_refused(arguments: list[str], told: str, capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(["certify", "reference", *arguments])
    except SystemExit as ended:
        code = ended.code  # type: ignore[assignment]
    assert code == 2
    assert told in capsys.readouterr().err


def test_the_fixture_certifies(corpus: str) -> None:
    Conformance().certify("reference", corpora=[corpus], passes=["forward", "input_gradient"])
    with pytest.raises(pytest.fail.Exception, match="three forward unsupported: <lambda> takes no `padding`"):
        Conformance().certify(lambda x, w: x, corpora=[corpus], batch=1)
    with pytest.raises(pytest.fail.Exception, match="no pass of a layer was asked"):
        Conformance().certify("reference", corpora=[corpus], dtypes=["complex64"])
