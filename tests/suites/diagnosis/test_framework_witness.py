"""Whose fault it is: what a framework does by itself is told as its own, and what only the candidate does is not."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.operands.data import Numbers, parse_case
from convoracle.reports import mismatch_text
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Died, Malformed, Raised, Reply, Returned, TimedOut, Unsupported
from convoracle.suites.candidates import CandidateError
from convoracle.suites.candidates.loading.source import bind_object
from convoracle.suites.checks.examination import ask
from convoracle.suites.checks.inquiry import ask_again
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.framework_witness import Frameworks, do_the_same
from convoracle.suites.search.counterexample import build

NO_CHANNELS = "n1c0k4i3x3f2x2/float32/uniform/0"
"""PyTorch returns a result of the wrong shape (docs/findings.md, T7)."""


class Reversed:
    """A framework's twin: wrong in the same way as what rests on it."""

    name = version = "reversed"

    def forward(self, x, w, geometry):
        return np.zeros(geometry.output_shape, x.dtype)


class Resting(Reversed):
    rests_on = "torch"


class WrongByItself(Reversed):
    rests_on = "torch"

    def forward(self, x, w, geometry):
        return np.ones(geometry.output_shape, x.dtype)


def fault_of(executor, case_text: str, check: str = "structure") -> Fault:
    case = parse_case(case_text)
    result = ask_again(executor, check, "forward", case)
    assert result is not None
    verdict = result.verdict
    assert verdict.outcome.is_mismatch, verdict
    return Fault("one", check, "forward", verdict.outcome, verdict.cause, case, case, verdict)


@pytest.mark.parametrize(("candidate", "own"), [(Resting, False), (WrongByItself, True)])
@pytest.mark.parametrize("check", ["structure", "relation:linearity-in-weight"])
def test_the_very_same_is_the_frameworks(candidate, own: bool, check: str) -> None:
    case = "n1c1k1i3x3f2x2/float32/uniform/0"
    if check != "structure":
        candidate = type("Candidate", (candidate,), {"forward": lambda self, x, w, geometry: _affine(x, w, 1 + own)})
        twin = type("Twin", (Reversed,), {"forward": lambda self, x, w, geometry: _affine(x, w, 1)})
    else:
        twin = Reversed
    executor = InProcess(candidate)
    mismatch, _ = build(fault_of(executor, case, check), executor, {}, Frameworks(named={"torch": InProcess(twin)}))
    assert mismatch.framework == ("" if own else "reversed reversed")
    witness = mismatch.witnesses[0]
    assert (witness.name, witness.outcome) == ("reversed", Outcome.VIOLATES)
    assert ("does the very same by itself" in witness.note) is not own
    assert ("the fault is not" in mismatch_text(mismatch)) is not own


def _affine(x, w, offset: float):
    return np.full((x.shape[0], w.shape[0], 2, 2), w.sum() + offset, x.dtype)


def test_a_right_framework_is_no_excuse() -> None:
    executor = InProcess(Resting)
    fault = fault_of(executor, "n1c1k1i3x3f2x2/float32/uniform/0")
    mismatch, _ = build(fault, executor, {}, Frameworks(named={"torch": InProcess("reference")}))
    assert mismatch.framework == ""
    assert (mismatch.witnesses[0].name, mismatch.witnesses[0].outcome) == ("reference", Outcome.CONFORMS)


def test_what_rests_on_nothing_asks_nobody() -> None:
    executor = InProcess(Reversed)
    frameworks = Frameworks(named={"torch": InProcess("reference")})
    assert frameworks.under(executor) is None
    mismatch, _ = build(fault_of(executor, "n1c1k1i3x3f2x2/float32/uniform/0"), executor, {}, frameworks)
    assert (mismatch.framework, [witness.name for witness in mismatch.witnesses]) == ("", ["equations"])


_ONE = np.array([1.0, np.nan])
_REPLIES: list[Reply] = [
    Returned(_ONE, 0.0),
    Returned(_ONE.astype(np.float32), 0.0),
    Returned(np.array([1.0, 2.0]), 0.0),
    Raised("ValueError", "no", "here", 0.0),
    Raised("ValueError", "yes", "here", 0.0),
    Died("SIGSEGV"),
    Died("SIGABRT"),
    Malformed("None", 0.0),
    Malformed("a list", 0.0),
    TimedOut(1.0),
]


def test_replies_are_the_same_only_where_they_are() -> None:
    again = [*_REPLIES]
    again[0] = Returned(np.array([1.0, -np.nan]), 1.0)
    again[3] = Raised("ValueError", "no", "elsewhere", 1.0)
    for i, own in enumerate(_REPLIES):
        for j, theirs in enumerate(again):
            assert do_the_same(own, theirs) is (i == j), (own, theirs)
    assert not do_the_same(Unsupported("no"), Unsupported("no"))


def test_what_it_rests_on_is_a_framework() -> None:
    with pytest.raises(CandidateError, match="declares rests_on='numpy', but should be one of torch,"):
        bind_object(type("Candidate", (Reversed,), {"rests_on": "numpy"}))


@pytest.fixture(scope="module")
def pytorch() -> Iterator[Isolated]:
    pytest.importorskip("torch")
    with Isolated("torch") as executor:
        yield executor


@pytest.mark.usefixtures("pytorch")
def test_defects_of_pytorch_are_not_those_of_a_module() -> None:
    """Counted as the user's: a wrong shape without channels, and subnormals of bfloat16."""
    import torch

    executor = InProcess(torch.nn.Conv2d)
    assert executor.info.rests_on == "torch"
    with closing(Frameworks()) as frameworks:
        mismatch, _ = build(fault_of(executor, NO_CHANNELS), executor, {}, frameworks)
    assert mismatch.framework == f"torch {torch.__version__}"


def test_conventions_of_pytorch_hold_for_what_is_made_of_it(pytorch: Isolated) -> None:
    import torch

    from convoracle.suites.candidates.pytorch import autograd, module

    theirs = dict(pytorch.info.conventions)
    assert theirs
    own = {"subnormals": "gradual", "repeatability": "varies"}
    for candidate in (torch.nn.Conv2d, torch.nn.Conv1d(1, 1, 1), autograd(torch.nn.functional.conv1d)):
        assert dict(InProcess(candidate).info.conventions) == theirs
        assert InProcess(candidate).info.accumulators == ()
    for candidate in (module(torch.nn.Conv2d, conventions=own), autograd(torch.nn.functional.conv1d, conventions=own)):
        expected = own | {"complex": "three products"}
        assert dict(InProcess(candidate).info.conventions) == expected
    executor = InProcess(torch.nn.Conv2d)
    subnormal = parse_case("n1c1k1i4x4f2x2/bfloat16/subnormal/0")
    from convoracle.oracle.problem.passes import Pass

    for pass_ in Pass:
        assert not ask(executor, Numbers.REALS, subnormal, pass_).verdict.outcome.is_mismatch
