"""`convoracle replay` asks what was asked; a record that cannot be trusted is a mistake in one sentence, no verdict."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Numbers, lattice_operands, parse_case, real_operands
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Operands, Pass
from convoracle.reports import Evidence, Mismatch, RunInfo, RunWriter
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Reply
from convoracle.suites.candidates import CandidateError
from convoracle.suites.checks.registry import kind_named
from convoracle.suites.command.cli import main
from convoracle.suites.command.replay_command import ask_recorded

CASE = "n1c2k2i5f2s2/bias/float16/normal/7"
MUTANTS = Path(__file__).parents[1] / "mutants.py"


def recorded(folder: Path, check: str, subject: str, case: str = CASE, **changes: Any) -> Path:
    """The folder of a mismatch on the case's own operands, but for some that are exchanged."""
    parsed = parse_case(case)
    pass_ = Pass.FORWARD if subject == "adjoint" else Pass(subject)
    operands: Operands = (real_operands(parsed) if check == "precision" else lattice_operands(parsed)).of(pass_)
    shape = () if subject == "adjoint" else Pass(subject).result_shape(parsed.geometry)
    evidence = Evidence(replace(operands, **changes), None, np.zeros(shape), np.zeros(shape), np.zeros(shape, bool))
    mismatch = Mismatch(
        "x-1", "x", check, subject, case, case, Verdict(Outcome.VIOLATES, "recorded"), numbers=kind_named(check).numbers
    )
    with RunWriter.create(folder / "out", RunInfo(0, "quick", (), "", "", ())) as writer:
        return writer.add_mismatch(mismatch, evidence)


CALLS: list[tuple[str, Operands]] = []


class Listening(InProcess):
    """The reference without gradients; keeps what it is asked."""

    def __init__(self) -> None:
        super().__init__("reference")
        self.passes = frozenset((Pass.FORWARD,))

    def call(self, pass_: Pass, operands: Operands, geometry: ConvGeometry, **settings: Any) -> Reply:
        CALLS.append((f"{pass_} of {geometry}", operands))
        return super().call(pass_, operands, geometry, **settings)


def test_what_was_asked_before_it_is_asked_before_it_and_it_on_what_was_recorded() -> None:
    recorded = lattice_operands(parse_case(CASE))
    mismatch = Mismatch(
        "x-1", "x", "structure", "forward", CASE, CASE, Verdict(Outcome.VIOLATES, "recorded"),
        after=(("precision", "forward", "n1c1k1i3f2/float32/uniform/0"),), numbers=Numbers.INTEGERS,
    )  # fmt: skip
    CALLS.clear()
    verdict = ask_recorded(mismatch, Evidence(recorded, None, None, None, None), Listening())  # type: ignore[arg-type]
    assert verdict.outcome is Outcome.CONFORMS
    assert [told for told, _ in CALLS] == ["forward of n1c1k1i3f2", "forward of n1c2k2i5f2s2"]
    assert CALLS[1][1] is recorded


def test_a_candidate_that_offers_too_little_is_a_mistake() -> None:
    mismatch = Mismatch("x-1", "x", "adjoint", "adjoint", CASE, CASE, Verdict(Outcome.VIOLATES, "recorded"))
    evidence = Evidence(lattice_operands(parse_case(CASE)), None, None, None, None)  # type: ignore[arg-type]
    with pytest.raises(CandidateError, match="reference offers too little for adjoint of adjoint"):
        ask_recorded(mismatch, evidence, Listening())


def test_a_record_never_executes_the_candidate_that_it_names(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", str(recorded(tmp_path, "structure", "forward"))]) == 2
    told = capsys.readouterr().err
    assert "the record names the candidate 'x', which is not built in, and a record is never executed" in told
    assert "name the candidate yourself with --candidate" in told


def replay(home: Path, candidate: str = "reference") -> int:
    return main(["replay", str(home), "--candidate", candidate, "--in-process"])


@pytest.mark.parametrize("check", ["structure", "precision"])
@pytest.mark.parametrize("subject", [pass_.value for pass_ in Pass])
def test_a_question_of_every_pass_is_asked_again(tmp_path: Path, check: str, subject: str) -> None:
    assert replay(recorded(tmp_path, check, subject)) == 0


def test_the_adjoint_identity_is_asked_again(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    home = recorded(tmp_path, "adjoint", "adjoint")
    assert replay(home) == 0
    assert "adjoint of adjoint conforms" in capsys.readouterr().out
    assert replay(home, f"{MUTANTS}:StrideIgnoredInWeightGradient") == 1
    assert "the inner products differ" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("edit", "field"),
    [
        ({"subject": "frobnicate"}, "mismatch.subject"),
        ({"check": "frob"}, "mismatch.check"),
        ({"subject": "adjoint"}, "mismatch.subject"),
        ({"check": "adjoint"}, "mismatch.subject"),
        ({"case": CASE.replace("float16", "float32")}, "arrays[0].dtype"),
        ({"case": CASE.replace("bias/", "")}, "arrays"),
        ({"case": "n1c2k2i5f2s2"}, "mismatch.case"),
        ({"case": "n" + "9" * 5000}, "mismatch.case"),
    ],
)
def test_a_hostile_record_is_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], edit: dict[str, str], field: str
) -> None:
    home = recorded(tmp_path, "structure", "forward")
    document = home / "mismatch.json"
    body = json.loads(document.read_text())
    body["mismatch"].update(edit)
    document.write_text(json.dumps(body))
    _assert_refused(home, f"{document}: {field}: ", capsys)


@pytest.mark.parametrize(
    ("check", "subject", "value", "field"),
    [
        ("structure", "forward", np.nan, "input"),
        ("structure", "forward", np.inf, "input"),
        ("precision", "weight_gradient", np.inf, "input"),
        ("structure", "forward", 0.3, "input"),
        ("adjoint", "adjoint", 0.3, "input"),
        ("structure", "weight_gradient", 2000, "operands"),
        ("adjoint", "adjoint", 2000, "operands"),
        ("precision", "forward", 65504, "operands"),
    ],
)
def test_operands_that_give_a_false_verdict_are_a_mistake(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], check: str, subject: str, value: float, field: str
) -> None:
    filled = np.full((1, 2, 5), value, np.float16)
    home = recorded(tmp_path, check, subject, input=filled)
    _assert_refused(home, f"{home / 'arrays.npz'}: {field}: ", capsys)


def _assert_refused(home: Path, told: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(home) == 2
    captured = capsys.readouterr()
    assert told in captured.err
    assert "Traceback" not in captured.err
    assert captured.out == ""
