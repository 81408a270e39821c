"""The ledger of known faults: when it is full, what names its faults have, which are one, and what they explain."""

from __future__ import annotations

from dataclasses import replace

import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import parse_case
from convoracle.reports.records.record import CheckResult
from convoracle.suites.cases.corpora.selection import Provenance
from convoracle.suites.diagnosis.fault import Fault
from convoracle.suites.diagnosis.history import History, Question
from convoracle.suites.search.ledger import Ledger

PLAIN, STRIDED, GROUPED, STRIDED_GROUPED = map(
    parse_case,
    (
        "n1c1k1i1f1/float32/uniform/0",
        "n1c1k1i1f1s2/float32/uniform/0",
        "n1c2k2i1f1g2/float32/uniform/0",
        "n1c2k2i1f1s2g2/float32/uniform/0",
    ),
)
WRONG = Verdict(Outcome.VIOLATES, "wrong", "value")
RIGHT = Verdict(Outcome.CONFORMS)


def failing(subject: str = "forward", check: str = "structure", verdict: Verdict = WRONG) -> CheckResult:
    return CheckResult(check, subject, verdict)


def ledger(*subjects: str) -> tuple[Ledger, list[Fault]]:
    """A ledger with a fault of structure on the plainest case for each pass."""
    known = Ledger("me", 20)
    return known, [known.take_up(failing(subject), PLAIN, None) for subject in subjects]


@pytest.mark.parametrize(
    ("most", "unrelated", "faults", "is_full"),
    [(2, 1, 5, False), (2, 2, 2, True), (2, 0, 6, True), (1, 0, 2, False), (1, 0, 3, True), (0, 0, 0, True)],
)
def test_it_is_full_after_so_many_unrelated_faults_and_three_times_as_many_of_any_kind(
    most: int, unrelated: int, faults: int, is_full: bool
) -> None:
    known = Ledger("me", most, unrelated=unrelated)
    for _ in range(faults):
        known.take_up(failing(), PLAIN, None)
    assert known.is_full is is_full


def test_a_fault_is_taken_up_with_all_that_is_known_of_it() -> None:
    known, provenance = Ledger("me", 20), Provenance("resnet50:conv1")
    fault = known.take_up(failing("forward", "precision"), STRIDED, provenance)
    assert fault == Fault(
        "me-forward-1", "precision", "forward", Outcome.VIOLATES, "value", STRIDED, STRIDED, WRONG,
        frozenset({"dtype float32", "stride above 1"}), provenance,
    )  # fmt: skip
    assert known.faults == [fault]
    assert (known.unrelated, known.of_history) == (0, None)


def test_the_first_fault_that_depends_on_earlier_calls_is_the_one_of_history() -> None:
    def before(question: Question) -> Question:
        return replace(question, case=PLAIN)

    known, _ = ledger("forward")
    fault = known.take_up(failing(), STRIDED, None, History("wrong the second time", before))
    known.take_up(failing(), STRIDED, None, History("wrong after others"))
    assert known.of_history is fault
    assert fault.history == "wrong the second time"
    assert fault.preceding(STRIDED) == Question("structure", "forward", PLAIN)


def test_a_name_counts_from_one_for_each_pass_and_takes_no_other_fault_s() -> None:
    known, faults = ledger("forward", "forward", "weight_gradient", "forward")
    assert [fault.id for fault in faults] == ["me-forward-1", "me-forward-2", "me-weight_gradient-1", "me-forward-3"]
    known.faults.remove(faults[1])
    assert known.take_up(failing(), PLAIN, None).id == "me-forward-2"


def test_a_plainer_form_of_a_fault_takes_its_place() -> None:
    known, (other,) = ledger("weight_gradient")
    older = known.take_up(failing(check="precision"), STRIDED_GROUPED, Provenance("older"))
    plainer = known.take_up(failing(), STRIDED_GROUPED, Provenance("plainer"))
    plainer.shrunk, plainer.needs = STRIDED, frozenset({"stride above 1"})
    plainer.verdict = replace(WRONG, reason="plainly wrong")
    assert known.merged(plainer) is older
    assert known.faults == [other, older]
    assert older == Fault(
        "me-forward-1", "structure", "forward", Outcome.VIOLATES, "value", STRIDED_GROUPED, STRIDED,
        plainer.verdict, plainer.needs, Provenance("older"),
    )  # fmt: skip


def test_a_fault_is_no_plainer_form_of_itself_nor_of_one_that_needs_less_or_something_else() -> None:
    known = Ledger("me", 20)
    for case in (STRIDED, GROUPED):
        known.take_up(failing(), case, None)
    newer = known.take_up(failing(), STRIDED_GROUPED, None)
    assert known.merged(newer) is None
    assert len(known.faults) == 3


def test_a_result_is_explained_by_the_fault_that_shows_so_and_whose_needs_its_case_has() -> None:
    known = Ledger("me", 20)
    strided, grouped = (known.take_up(failing(), case, None) for case in (STRIDED, GROUPED))
    assert known.explanation(failing(), (), STRIDED) is strided
    assert known.explanation(failing(), (), GROUPED) is grouped
    assert known.explanation(failing(), (), STRIDED_GROUPED) is strided
    assert known.explanation(failing(), (), PLAIN) is None
    assert known.explanation(failing("weight_gradient"), (), STRIDED) is None


def test_a_broken_adjoint_identity_is_what_the_first_pass_with_wrong_terms_makes_of_it() -> None:
    known, (_, weight) = ledger("forward", "weight_gradient")
    adjoint = failing("adjoint", "adjoint")
    results = (
        CheckResult("structure", "forward", RIGHT),
        failing("forward", "precision"),
        failing("weight_gradient"),
        failing("forward"),
        adjoint,
    )
    assert known.explanation(adjoint, results, PLAIN) is weight
    assert known.explanation(adjoint, results[:2], PLAIN) is None
    own = known.take_up(adjoint, PLAIN, None)
    assert known.explanation(adjoint, results, PLAIN) is weight
    assert known.explanation(adjoint, results[:2], PLAIN) is own


def test_only_a_broken_adjoint_identity_is_explained_by_wrong_terms_of_a_pass() -> None:
    known, _ = ledger("weight_gradient")
    assert known.explanation(failing("forward", "precision"), (failing("weight_gradient"),), PLAIN) is None


def test_a_broken_relation_is_explained_by_any_fault_of_its_pass_on_whatever_case() -> None:
    known = Ledger("me", 20)
    fault = known.take_up(failing(), GROUPED, None)
    assert known.explanation(failing(check="relation:stride"), (), STRIDED) is fault
    assert known.explanation(failing("weight_gradient", "relation:stride"), (), STRIDED) is None


def test_a_relation_between_passes_is_explained_by_a_fault_of_either_and_for_no_other_pass() -> None:
    known, (forward,) = ledger("forward")
    assert known.explanation(failing("input_gradient", "relation:transposition"), (), STRIDED) is forward
    assert known.explanation(failing("weight_gradient", "relation:transposition"), (), STRIDED) is None
    known, (weight,) = ledger("weight_gradient")
    assert known.explanation(failing("forward", "relation:transposition"), (), STRIDED) is None
    assert known.explanation(failing("weight_gradient", "relation:transposition"), (), STRIDED) is weight


def test_a_broken_relation_is_explained_neither_by_what_is_of_no_values_nor_by_what_depends_on_earlier_calls() -> None:
    known = Ledger("me", 20)
    known.take_up(failing(check="company"), PLAIN, None)
    known.take_up(failing(), PLAIN, None, History("wrong the second time"))
    broken = failing(check="relation:stride")
    assert known.explanation(broken, (), STRIDED) is None
    own = known.take_up(broken, STRIDED, None)
    assert known.explanation(broken, (), STRIDED) is own
    assert known.explanation(broken, (), PLAIN) is None


def test_a_fault_of_values_explains_a_broken_relation_before_the_relation_s_own() -> None:
    known = Ledger("me", 20)
    broken = failing(check="relation:stride")
    known.take_up(broken, STRIDED, None)
    fault = known.take_up(failing(), PLAIN, None)
    assert known.explanation(broken, (), STRIDED) is fault
