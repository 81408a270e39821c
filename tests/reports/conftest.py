"""Runs, records and mismatches to show and to store: made by hand, with NumPy alone."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import ml_dtypes
import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Discrepancy, Outcome, Verdict
from convoracle.oracle.numbers.dtypes import DTYPES, numpy_dtype
from convoracle.oracle.operands.data import Numbers
from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.oracle.problem.passes import Operands, Pass, real_parts, shape_of
from convoracle.reports import (
    CandidateInfo,
    CaseRecord,
    CheckInfo,
    CheckResult,
    Evidence,
    Mismatch,
    RunInfo,
    RunWriter,
    Witness,
)

Found = tuple[Mismatch, Evidence]
PASSES = tuple(map(str, Pass))

FORWARD_CALL = """
padded = np.pad(input, ((0, 0), (0, 0), (0, 0)))
actual = np.zeros((1, 1, 3), dtype=input.dtype)
for p in range(3):
    actual[0, 0, p] = (padded[0, 0, p : p + 2] * weight[0, 0, ::-1]).sum(dtype=input.dtype)
"""


def operands_for(geometry: ConvGeometry, dtype: object = np.float32, *, directions: bool = False) -> Operands:
    rng = np.random.default_rng(7)
    names = ["input", "weight", "output_gradient", *(["input_direction", "weight_direction"] if directions else [])]
    arrays = {name: rng.integers(-4, 5, shape_of(name, geometry)).astype(dtype) for name in names}
    return Operands(bias=None, learning_rate=0.5, **arrays)


def evidence_for(
    case: str, subject: str, wrong: tuple[tuple[int, ...], ...] = (), dtype: object = np.float32
) -> Evidence:
    """Made-up results of the right shapes: each wrong element is off by 2."""
    geometry = parse_geometry(case.split("/")[0])
    parts = (2,) if np.dtype(dtype).kind == "c" else ()
    shape = (*Pass(subject).result_shape(geometry), *parts)
    expected = np.arange(np.prod(shape), dtype=np.float64).reshape(shape) % 11 - 5
    actual, mask = expected.copy(), np.zeros(shape, bool)
    for place, index in enumerate(wrong):
        actual[index] += 2 if place % 2 else -3
        mask[index] = True
    if parts:
        actual = actual[..., 0] + 1j * actual[..., 1]
    operands = operands_for(geometry, dtype, directions=Pass(subject).is_second_order)
    return Evidence(operands, actual.astype(dtype), expected, np.zeros(shape), mask)


def dtype_of(case: str) -> np.dtype:
    """The dtype that a case's id names; float32 where there is none."""
    return numpy_dtype(next((part for part in case.split("/") if part in DTYPES), "float32"))


def verdict_of(evidence: Evidence) -> Verdict:
    """A violation with the evidence's own worst element and region."""
    places = np.argwhere(evidence.wrong)
    if not len(places):
        return Verdict(Outcome.CONFORMS, elements=evidence.wrong.size, resolution=0.0)
    index = tuple(int(axis) for axis in places[0])
    got, expected = float(real_parts(evidence.actual)[index]), float(evidence.expected[index])
    worst = Discrepancy(index, got, expected, abs(got - expected), float(evidence.bound[index]), 8388608.0)
    region = tuple((int(axis.min()), int(axis.max()) + 1) for axis in places.T)
    reason = f"{len(places)} of {evidence.wrong.size} elements are wrong"
    return Verdict(
        Outcome.VIOLATES, reason, worst=worst, wrong=len(places), elements=evidence.wrong.size, region=region,
        ratio=float("inf"), resolution=0.0,
    )  # fmt: skip


def wrong_values(case: str, subject: str, wrong: tuple[tuple[int, ...], ...], candidate: str = "torch") -> Found:
    """A structure mismatch with the given wrong elements."""
    evidence = evidence_for(case, subject, wrong, dtype_of(case))
    mismatch = Mismatch(
        id=f"{candidate}-{subject}-1",
        candidate=candidate,
        check="structure",
        subject=subject,
        case=case,
        found="n2c4k4i9x9f3x3s2x2/float32/uniform/11",
        verdict=verdict_of(evidence),
        needs=("stride above 1",),
        witnesses=(Witness("equations", Outcome.CONFORMS), Witness("tensorflow", Outcome.CONFORMS, "agrees")),
        title="exact equality",
        numbers=Numbers.INTEGERS,
    )
    return mismatch, evidence


@pytest.fixture
def make_mismatch() -> Callable[..., Found]:
    return wrong_values


@pytest.fixture
def flipped() -> Found:
    """A forward pass with its kernel flipped, whose call is plain NumPy and reproduces it."""
    evidence = flipped_evidence(np.float32, bound=0.0)
    mismatch, _ = wrong_values("n1c1k1i4f2/float32/uniform/0", "forward", ())
    return replace(mismatch, verdict=verdict_of(evidence), call=FORWARD_CALL), evidence


def flipped_evidence(dtype: object, bound: float) -> Evidence:
    operands = Operands(
        np.array([[[1, 2, 4, -8]]]).astype(dtype), np.array([[[3, 5]]]).astype(dtype), None,
        np.ones((1, 1, 3)).astype(dtype), 0.5,
    )  # fmt: skip
    expected = np.array([[[13.0, 26.0, -28.0]]])
    actual = np.array([[[11.0, 22.0, -4.0]]]).astype(dtype)
    return Evidence(operands, actual, expected, np.full((1, 1, 3), bound), np.ones((1, 1, 3), bool))


@pytest.fixture
def info() -> RunInfo:
    return RunInfo(
        seed=7,
        profile="quick",
        candidates=(
            CandidateInfo("reference", "0.1.0", "reference"),
            CandidateInfo("torch", "2.13.0", "torch", (("bfloat16", "float32"),)),
        ),
        started="2026-11-24T06:00:00+00:00",
        command="convoracle check --seed 7",
        environment=(("python", "3.11.7"), ("numpy", "2.4.0")),
        checks=(
            CheckInfo("structure", "Are these the right terms?", PASSES, Numbers.INTEGERS),
            CheckInfo("precision", "Is the arithmetic as good as it claims?", PASSES, Numbers.REALS),
            CheckInfo("adjoint", "Do the passes fit each other?", ("adjoint",), Numbers.INTEGERS),
            CheckInfo("relation", "What do several results have in common?", PASSES),
            CheckInfo("illegal", "Is what makes no sense refused?", ("calls",)),
        ),
    )


@pytest.fixture
def record() -> CaseRecord:
    return CaseRecord(
        "n1c1k1i4f2/float32/uniform/0",
        "torch",
        (
            CheckResult("structure", "forward", Verdict(Outcome.CONFORMS, elements=3, resolution=0.0), 0.001),
            CheckResult("precision", "forward", Verdict(Outcome.CONFORMS, ratio=0.25, resolution=0.5), 0.002),
            CheckResult("structure", "bias_gradient", Verdict(Outcome.UNSUPPORTED, "no bias"), 0.0),
        ),
    )


@pytest.fixture
def writer(tmp_path, info):
    with RunWriter.create(tmp_path / "out", info) as opened:
        yield opened


BFLOAT16 = ml_dtypes.bfloat16


@pytest.fixture(scope="session")
def made_mismatch() -> Callable[..., Found]:
    """`make_mismatch` for what is made once."""
    return wrong_values
