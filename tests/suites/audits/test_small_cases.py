"""Small cases of layers that are wrong: tails stay tails, and what comes of the size is said to."""

from __future__ import annotations

import json
import shlex
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.answers import reference
from convoracle.oracle.operands.data import parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Operands, Pass
from convoracle.suites.audits.certified_layers import certified_layers
from convoracle.suites.audits.small_cases import SmallCase, small_case
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.cases.corpora.selection import CorpusCase, Provenance
from convoracle.suites.command.cli import main
from convoracle.suites.command.small_case_text import check_command

LAYER = "n8c64k48i29x27f3x3s1x1p1x1/float32/uniform/3"


class Wrong:
    """Right, but for what a fault adds to the result."""

    passes = frozenset({Pass.FORWARD})
    version = "1.0"

    def __init__(self, fault: Callable[[Array], None]) -> None:
        self.fault = fault

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        wide = operands.map(lambda array: array.astype(np.float64))
        result = reference.evaluate(pass_, wide, geometry).astype(operands.input.dtype)
        self.fault(result)
        return result


def column_of_a_tail(result: Array) -> None:
    if result.shape[-1] % 8 == 3:
        result[-1, -1, -1, -1] += 1


def channels_past_a_block(result: Array) -> None:
    result[:, 32:] += 1


def past_a_wrap(result: Array) -> None:
    result.reshape(-1)[200_000:] += 1


def small(fault: Callable[[Array], None], layer: str = LAYER) -> SmallCase:
    executor = InProcess(Wrong(fault))
    (found,) = certified_layers(executor, [CorpusCase(parse_case(layer), Provenance("own"))], [Pass.FORWARD])
    assert found.certificate is not None
    assert not found.certificate.holds
    return small_case(executor, found)


def test_a_tail_stays_a_tail() -> None:
    case = small(column_of_a_tail).case
    assert case == parse_case("n1c1k1i1x3f3x3s1x1p1x1/float32/uniform/3")


def test_channels_are_kept_as_far_as_the_fault_needs_them() -> None:
    case = small(channels_past_a_block).case
    assert case is not None
    assert (case.geometry.batch, case.geometry.in_channels, case.geometry.out_channels) == (1, 1, 48)


def test_groups_of_a_depthwise_layer_are_reduced() -> None:
    def always(result: Array) -> None:
        result[0, 0] += 1

    case = small(always, "n4c64k64i21x21f3x3s2x2p1x1g64/float32/uniform/3").case
    assert case is not None
    assert (case.geometry.groups, case.geometry.in_channels, case.geometry.products < 20) == (1, 1, True)


def test_what_comes_of_the_size_is_said_to() -> None:
    found = small(past_a_wrap, LAYER.replace("c64", "c1"))
    assert found.case is None
    assert found.asked >= 3
    told = check_command("mine.py:conv", Pass.FORWARD, found)
    assert told == f"none of {found.asked} smaller crops is wrong: it comes of the size, as an index that wraps does"


def test_of_what_has_no_descriptor_the_case_is_told() -> None:
    case = parse_case("n1c1k1i5x5f3x3p1x1mreflect/float32/uniform/3")
    assert f"{case} is wrong as well" in check_command("mine.py:conv", Pass.FORWARD, SmallCase(case, 1))
    case = parse_case("n1c1k1i5f3t/float32/uniform/3")
    assert "'--corpus=--deconv mb1ic1iw5oc1ow7kw3pw0'" in check_command("a", Pass.FORWARD, SmallCase(case, 1))


def test_the_command_prints_another_that_shows_the_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("mine.py").write_text(
        "from convoracle.oracle.answers import reference\nfrom convoracle.oracle.problem.passes import Pass\n"
        "import numpy as np\n\n\nclass Tail:\n    passes = frozenset({Pass.FORWARD})\n\n"
        "    def evaluate(self, pass_, operands, geometry):\n"
        "        wide = operands.map(lambda array: array.astype(np.float64))\n"
        "        result = reference.evaluate(pass_, wide, geometry).astype(operands.input.dtype)\n"
        "        if result.shape[-1] % 8 == 3:\n            result[..., -1] += 1\n        return result\n"
    )
    assert main(["certify", "mine.py:Tail", "--corpus", "mb2ic8ih27oc8oh27kh3ph1", "--out", "report"]) == 1
    line = next(line for line in capsys.readouterr().out.splitlines() if line.startswith("  convoracle check"))
    (row,) = json.loads(Path("report/certificates.json").read_text())["rows"]
    assert row["small_case"] == line.strip()
    command = shlex.split(line)[1:]
    assert main([*command, "--out", "small", "--memory", "memory"]) == 1
    assert "mismatch" in capsys.readouterr().out
