"""The fixture `conformance`: what its arguments ask for, when it fails, with which words; bounds of own numbers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.judging.verdict import Outcome
from convoracle.oracle.problem.passes import Pass
from convoracle.suites.calling.executor import Executor
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.calling.isolation import Isolated
from convoracle.suites.calling.replies import Limits
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.pytest_plugin import fixture
from convoracle.suites.pytest_plugin.fixture import Conformance
from convoracle.suites.search.collected import Findings

from ..found import RIGHT, WRONG, declined, findings, mismatch, result

Failed = pytest.fail.Exception


class Searched:
    """Instead of searches: what each was asked, and what it is to have found."""

    def __init__(self, found: Findings) -> None:
        self.found = found
        self.asked: list[tuple[Executor, Budget]] = []
        self.closed: list[Executor] = []

    def examine_all(self, executor: Executor, budget: Budget) -> Findings:
        assert executor not in self.closed
        self.asked.append((executor, budget))
        return self.found

    @property
    def budget(self) -> Budget:
        ((_, budget),) = self.asked
        return budget


@pytest.fixture
def searched(monkeypatch: pytest.MonkeyPatch) -> Searched:
    """No process is started, and no case examined."""
    instead = Searched(findings(result(RIGHT)))

    class Here(InProcess):
        def __init__(self, candidate: object, limits: Limits | None = None) -> None:
            super().__init__(candidate)
            self.limits = limits

        def close(self) -> None:
            instead.closed.append(self)

    monkeypatch.setattr(fixture, "Isolated", Here)
    monkeypatch.setattr(fixture, "InProcess", Here)
    monkeypatch.setattr(fixture, "examine_all", instead.examine_all)
    return instead


@pytest.mark.parametrize("profile", ["quick", "standard"])
def test_by_default_a_profile_s_cases_of_all_that_the_candidate_offers_are_asked(
    profile: str, searched: Searched
) -> None:
    Conformance(profile, 3).check("reference")
    chosen = PROFILES[profile]
    assert searched.budget == Budget(chosen.space(), frozenset(Pass), chosen.cases, 3, own_dtypes=True)
    assert Conformance() == Conformance("quick", 0)


def test_arguments_narrow_what_is_asked(searched: Searched) -> None:
    Conformance().check(
        "reference", ranks=[1, 4], dtypes=iter(("float64",)), passes={"forward", "weight_gradient"}, cases=1
    )
    space = PROFILES["quick"].space(ranks=(1, 4), dtypes=("float64",))
    passes = frozenset({Pass.FORWARD, Pass.WEIGHT_GRADIENT})
    assert searched.budget == Budget(space, passes, 1, 0, own_dtypes=False)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        ({"ranks": 2}, "ranks=2, but should be a list, also for one"),
        ({"ranks": ()}, "ranks=()"),
        ({"dtypes": "float32"}, "dtypes='float32', but should be a list, also for one"),
        ({"dtypes": ["float31"]}, "float31"),
        ({"passes": "forward"}, "passes='forward', but should be a list, also for one"),
        ({"passes": ["forward", "backward"]}, "passes='backward', but should be some of forward, "),
        ({"cases": 0}, "cases=0, but should be an integer of at least 1"),
        ({"cases": 1.0}, "cases=1.0, but should be an integer of at least 1"),
    ],
)
def test_other_arguments_are_refused_before_a_candidate_is_started(
    arguments: dict[str, Any], told: str, searched: Searched
) -> None:
    with pytest.raises(InvalidArgument) as refusal:
        Conformance().check("no candidate", **arguments)
    assert told in str(refusal.value)


@pytest.mark.parametrize("isolated", [False, True])
def test_a_candidate_is_ended_before_its_findings_are_judged(isolated: bool, searched: Searched) -> None:
    searched.found = findings(result(WRONG), mismatches=(mismatch(),))
    with pytest.raises(Failed):
        Conformance().check("reference", isolated=isolated)
    ((executor, _),) = searched.asked
    assert searched.closed == [executor]
    assert getattr(executor, "limits", None) == (Limits() if isolated else None)


def test_a_candidate_has_a_process_of_its_own_unless_the_test_says_otherwise(monkeypatch: pytest.MonkeyPatch) -> None:
    instead = Searched(findings(result(RIGHT)))
    monkeypatch.setattr(fixture, "examine_all", instead.examine_all)
    Conformance().check("reference")
    Conformance().check("reference", isolated=False)
    assert [type(executor) for executor, _ in instead.asked] == [Isolated, InProcess]


def test_a_mismatch_fails_the_test_with_its_cause_and_what_was_compared(searched: Searched) -> None:
    searched.found = findings(result(WRONG), mismatches=(mismatch(),))
    with pytest.raises(Failed) as failure:
        Conformance().check("reference")
    text = str(failure.value)
    assert text == searched.found.text(searched.asked[0][0].info)
    assert not failure.value.pytrace
    assert "violates structure" in text
    assert text.endswith("\n\n1 cause, 1 mismatch; 100 % of what was asked was compared, 0 % of its verdicts undecided")


def test_nothing_compared_fails_the_test_with_the_reasons(searched: Searched) -> None:
    searched.found = findings(result(declined("later")))
    with pytest.raises(Failed, match=r"^reference: not one result was compared: later$"):
        Conformance().check("reference")


def test_too_little_compared_fails_the_test(searched: Searched) -> None:
    searched.found = findings(result(RIGHT), result(declined("later")))
    Conformance().check("reference")
    Conformance().check("reference", min_compared=0.5)
    with pytest.raises(Failed, match="me: 50 % of what was asked was compared, less than the 51 % that are wanted"):
        Conformance().check("reference", min_compared=0.51)
    searched.found = findings(result(RIGHT), result(declined("later")), result(declined("later")))
    with pytest.raises(Failed, match="me: 33 % of what was asked was compared, less than the 50 % that are wanted"):
        Conformance().check("reference")


def test_bound_of_a_forward_pass_of_own_numbers() -> None:
    rng = np.random.default_rng(0)
    x, w = rng.normal(size=(2, 3, 7)).astype(np.float32), rng.normal(size=(4, 3, 3)).astype(np.float32)
    allowed = Conformance().bound("forward", input=x, weight=w, stride=2, padding=1)
    padded = np.pad(x.astype(np.float64), ((0, 0), (0, 0), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, 3, 2)[:, :, ::2]
    right = np.einsum("ncir,kcr->nki", windows, w.astype(np.float64))
    assert np.allclose(allowed.expected(), right, rtol=1e-12)
    assert not allowed.wrong(right.astype(np.float32)).any()
    assert allowed.judge(right.astype(np.float32)).outcome is Outcome.CONFORMS
    off = right.astype(np.float32)
    off[1, 2, 3] += np.float32(1.5 * allowed.bound[1, 2, 3])
    assert np.argwhere(allowed.wrong(off)).tolist() == [[1, 2, 3]]


def test_bound_depends_on_the_arithmetic_that_is_claimed() -> None:
    x, w = np.full((1, 64, 9), 0.1, np.float16), np.full((2, 64, 3), 0.3, np.float16)
    own = Conformance().bound("forward", input=x, weight=w)
    wide = Conformance().bound("forward", input=x, weight=w, accumulator="float32")
    assert (wide.bound < own.bound / 50).all()


def test_bound_of_a_gradient_takes_the_geometry_where_an_operand_is_missing() -> None:
    dy, w = np.ones((1, 2, 4, 4)), np.arange(36.0).reshape(2, 2, 3, 3)
    allowed = Conformance().bound("input_gradient", geometry="n1c2k2i6x6f3x3", weight=w, output_gradient=dy)
    assert allowed.expected()[0, 0, 0, 0] == w[0, 0, 0, 0] + w[1, 0, 0, 0]
    transposed = Conformance().bound("forward", input=dy, weight=w, transposed=True, groups=1)
    assert transposed.expected().shape == (1, 2, 6, 6)


def test_bound_takes_directions() -> None:
    x, w = np.arange(3.0).reshape(1, 1, 3), np.full((1, 1, 2), 2.0)
    allowed = Conformance().bound("jvp", input=x, weight=w, input_direction=np.ones((1, 1, 3)))
    assert allowed.expected().tolist() == [[[4.0, 4.0]]]


@pytest.mark.parametrize(
    "actual",
    [np.zeros((0, 1, 2)), np.full(1, 3.0), np.float64(3), np.full((1, 1, 1, 2), 3.0), np.full((1, 1, 2), 3 + 0j)],
)
def test_a_result_of_another_form_is_not_compared_element_by_element(actual: Any) -> None:
    """An empty one, broadcast, had no wrong element."""
    allowed = Conformance().bound("forward", input=np.ones((1, 3, 2)), weight=np.ones((1, 3, 1)))
    assert not allowed.wrong(np.full((1, 1, 2), 3.0)).any()
    with pytest.raises(InvalidArgument, match=r"actual\.(shape=.*\(1, 1, 2\)|dtype='complex128'.*float64)"):
        allowed.wrong(actual)


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            {"pass_": "weight_gradient", "input": np.ones((1, 1, 3)), "weight": np.ones((1, 1, 1))},
            "output_gradient=None, but should be an array for the pass weight_gradient",
        ),
        (
            {"pass_": "update", "geometry": "n1c1k1i3f1", "input": np.ones((1, 1, 3)), "output_gradient": np.ones(3)},
            "weight=None, but should be an array for the pass update",
        ),
        (
            {"pass_": "bias_gradient", "input": np.ones((1, 1, 3)), "weight": np.ones((1, 1, 1))},
            "output_gradient=None, but should be an array for the pass bias_gradient",
        ),
        ({"pass_": "backward", "input": np.ones((1, 1, 3))}, "pass_='backward', but should be one of forward"),
        ({"pass_": "forward"}, "operands='none', but should be arrays by name"),
        ({"pass_": "forward", "input": np.ones((1, 1, 3))}, "weight=None, but should be given, or else `geometry`"),
        (
            {"pass_": "forward", "geometry": "n1c1k1i3f1", "input": np.ones((1, 1, 3)), "stride": 2},
            "stride=2, but should be left out: `geometry` says it",
        ),
        (
            {"pass_": "forward", "input": np.full((1, 1, 3), np.nan), "weight": np.ones((1, 1, 1))},
            "input='an array with NaN or Inf', but should be finite",
        ),
        (
            {"pass_": "forward", "geometry": "n1c1k1i3f1", "input": np.ones((1, 1, 4)), "weight": np.ones((1, 1, 1))},
            "input.shape=(1, 1, 4), but should be (1, 1, 3)",
        ),
        (
            {"pass_": "forward", "input": np.ones((1, 1, 3), "<U1"), "weight": np.ones((1, 1, 1))},
            "dtype='str32', but should be one of",
        ),
        ({"pass_": "forward", "input": np.ones((1, 1, 3)), "weight": np.ones((1, 1, 1)), "strides": 2}, "strides"),
        (
            {"pass_": "forward", "input": np.ones((1, 1, 3)), "weight": np.ones((1, 1, 1)), "groups": "2"},
            "groups='2', but should be",
        ),
        ({"pass_": "forward", "input": np.ones(3), "weight": np.ones((1, 1, 1))}, "input.shape=(3,), but should"),
    ],
)
def test_bound_refuses_other_arguments(arguments: dict[str, Any], told: str) -> None:
    with pytest.raises((InvalidArgument, TypeError)) as refusal:
        Conformance().bound(**arguments)
    assert told in str(refusal.value)
