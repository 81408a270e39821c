"""What is withheld is not called, alone, in company or illegally, and all else is as it was."""

from __future__ import annotations

import numpy as np
import pytest

from convoracle.oracle.operands.data import Case, lattice_operands, parse_case
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.company import LATTICE, REALS, CompanyCall, CompanyQuestion
from convoracle.suites.calling.illegal_calls import IllegalCall
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.replies import Returned, Unsupported
from convoracle.suites.calling.withholding import Withholding

STRIDED = parse_case("n1c1k1i5f2s2/float32/uniform/0")
PLAIN = parse_case("n1c1k1i4f2/float32/uniform/0")


def conv1d(x, w, stride=(1,)):
    if stride[0] > 1:
        raise SystemExit("this ends the process")
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)
    return np.einsum("ncpr,kcr->nkp", windows, w)


def why(pass_: Pass, case: Case) -> str:
    return "it dies" if pass_ is Pass.FORWARD and max(case.geometry.stride) > 1 and case.dtype == "float32" else ""


@pytest.fixture
def executor() -> Withholding:
    return Withholding(InProcess(conv1d), why)


def operands(case: Case):
    return lattice_operands(case)


def test_a_call_is_withheld_with_its_reason_and_others_are_made(executor: Withholding) -> None:
    for one in (executor, executor.twin()):
        reply = one.call(Pass.FORWARD, operands(STRIDED), STRIDED.geometry)
        assert reply == Unsupported("it dies")
        assert isinstance(one.call(Pass.FORWARD, operands(PLAIN), PLAIN.geometry), Returned)
    assert (executor.info.name, executor.passes) == (executor.executor.info.name, executor.executor.passes)


def test_company_is_withheld_where_one_of_its_calls_is(executor: Withholding) -> None:
    calls = {case: CompanyCall(operands(case), case.geometry) for case in (PLAIN, STRIDED)}
    itself = {LATTICE: calls[PLAIN], REALS: calls[PLAIN]}
    asked = CompanyQuestion(Pass.FORWARD, {**itself, "other": calls[STRIDED]})
    assert executor.call_in_company(asked) == Unsupported("it dies")
    assert not isinstance(executor.call_in_company(CompanyQuestion(Pass.FORWARD, itself)), Unsupported)


def test_an_illegal_call_is_withheld_where_the_legal_one_is(executor: Withholding) -> None:
    told = ("stride 0", Pass.FORWARD, STRIDED.geometry, "stride=0", "at least 1", (("stride", (0,)),))
    assert executor.illegal(IllegalCall(*told)) == Unsupported("it dies")
