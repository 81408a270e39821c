"""Mismatches are grouped by what they have in common, and by nothing else; each is in one cause."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports.records.record import Mismatch
from convoracle.reports.views.causes import causes, signature

VALUE = Verdict(Outcome.VIOLATES, "1 of 2 elements differ from the exact value", "value", wrong=1, elements=2)
CASE = "n1c1k1i3f2/float32/uniform/0"


def mismatch(subject: str = "forward", number: int = 1, **changes: object) -> Mismatch:
    identity = f"mine-{subject}-{number}"
    plain = Mismatch(identity, "mine", "structure", subject, CASE, CASE, VALUE, title="exact equality")
    return replace(plain, **changes)  # type: ignore[arg-type]


def ended(outcome: Outcome, reason: str, cause: str) -> Verdict:
    return Verdict(outcome, reason, cause)


def groups(*mismatches: Mismatch) -> list[set[str]]:
    return [set(cause.mismatches) for cause in causes(mismatches)]


def test_mismatches_with_nothing_in_common_are_causes_of_their_own() -> None:
    found = causes((mismatch("forward"), mismatch("input_gradient")))
    assert [cause.mismatches for cause in found] == [("mine-forward-1",), ("mine-input_gradient-1",)]
    assert [cause.id for cause in found] == ["mine-cause-1", "mine-cause-2"]
    assert all(cause.evidence == "" for cause in found)
    assert found[0].title == "forward of mine violates structure (exact equality)"


def test_what_depends_on_earlier_calls_is_one() -> None:
    told = "right alone, wrong after the same call with other data"
    stale = mismatch("forward", history=told)
    later = mismatch("jvp", history="the same call again", check="company", is_among_calls=True)
    (cause, other) = causes((stale, mismatch("update"), later))
    assert set(cause.mismatches) == {stale.id, later.id}
    assert "depends on earlier calls" in cause.title
    assert cause.evidence == "The results of all depend on earlier calls."
    assert other.mismatches == ("mine-update-1",)


def test_one_error_in_several_passes_is_one_whatever_its_numbers() -> None:
    def raised(size: int, words: str = "cannot reshape array of size") -> Verdict:
        return ended(
            Outcome.REFUSED, f"raised ValueError: {words} {size} into shape ({size}, 2) at f.py:7", "ValueError"
        )

    assert groups(
        mismatch("forward", verdict=raised(0)),
        mismatch("jvp", verdict=raised(12)),
        mismatch("update", verdict=raised(3, "no such size")),
    ) == [{"mine-forward-1", "mine-jvp-1"}, {"mine-update-1"}]


def test_an_error_that_calls_in_company_leave_behind_is_one_with_the_calls_that_meet_it_later() -> None:
    """The error of forward mode in threads stays in the process."""
    words = "RuntimeError: Nested level 2 is not supported"
    race = ended(Outcome.VIOLATES, f"the same call while 3 other threads make calls: {words}", "threads")
    later = ended(Outcome.REFUSED, f"raised {words.replace('2', '7')} at /home/a/differentiable.py:136", "RuntimeError")
    other = ended(
        Outcome.REFUSED, "raised RuntimeError: out of memory at /home/a/differentiable.py:136", "RuntimeError"
    )
    assert groups(
        mismatch("jvp", 1, verdict=race, check="company", is_among_calls=True),
        mismatch("jvp", 2, verdict=later, history="depends on earlier calls"),
        mismatch("jvp", 3, verdict=other),
        mismatch("forward", verdict=later),
    ) == [{"mine-jvp-1", "mine-jvp-2", "mine-forward-1"}, {"mine-jvp-3"}]


def test_a_changed_operand_is_one_cause_with_what_comes_of_it_in_its_pass() -> None:
    changed = mismatch("forward", 1, verdict=ended(Outcome.VIOLATES, "changed its operand input", "mutation"))
    race = mismatch("forward", 2, check="company", is_among_calls=True, verdict=replace(VALUE, cause="threads"))
    error = ended(Outcome.REFUSED, "raised ValueError: output array is read-only at f.py:9", "ValueError")
    refused = mismatch("forward", 3, verdict=error, case=f"{CASE}/readonly")
    for several in ((changed, race, refused), (refused, race, changed), (race, refused, changed)):
        found = causes(several)
        assert groups(*several) == [{changed.id, race.id, refused.id}]
        assert found[0].title == "forward of mine: changed its operand input"
        assert found[0].evidence == "The others come of what the pass does to memory that is not its own."
    for other in (
        replace(race, subject="update"),
        replace(race, verdict=replace(VALUE, cause="stale")),
        replace(refused, case=CASE),
        replace(race, check="structure", is_among_calls=False),
    ):
        assert len(groups(changed, other)) == 2


def test_a_result_buffer_that_is_used_again_is_one_cause_with_its_races() -> None:
    reused = mismatch(
        "forward",
        1,
        check="company",
        is_among_calls=True,
        verdict=replace(VALUE, cause="reuse", reason="a returned array"),
    )
    race = mismatch("forward", 2, check="company", is_among_calls=True, verdict=replace(VALUE, cause="threads"))
    assert groups(race, reused) == [{reused.id, race.id}]
    readonly = ended(Outcome.REFUSED, "raised ValueError: read-only at f.py:9", "ValueError")
    assert len(groups(reused, mismatch("forward", 3, verdict=readonly, case=f"{CASE}/readonly"))) == 2


def test_crashes_in_one_frame_are_one_and_in_two_are_two() -> None:
    def died(function: str) -> Verdict:
        frame = f'Fatal Python error: Aborted\n  File "mine.py", line 12 in {function}'
        return ended(Outcome.CRASHED, f"the process died: SIGABRT (aborted); {frame}", "SIGABRT (aborted)")

    assert groups(
        mismatch("forward", verdict=died("conv"), check="company", is_among_calls=True),
        mismatch("jvp", verdict=died("conv"), needs=("a bias",)),
        mismatch("update", verdict=died("step")),
    ) == [{"mine-forward-1", "mine-jvp-1"}, {"mine-update-1"}]


def test_crashes_in_one_function_of_a_library_are_one_unless_place_and_needs_differ() -> None:
    def died(function: str, offset: int = 1, frame: str = "conv") -> Verdict:
        frames = f'  native {function}+{offset:#x} of libmine.so\n  File "mine.py", line 12 in {frame}'
        return ended(Outcome.CRASHED, f"the process died: SIGSEGV (fault); Fatal\n{frames}", "SIGSEGV (fault)")

    strided, spread, both = ("stride above 1",), ("dilation above 1",), ("stride above 1", "dilation above 1")
    first = mismatch("forward", verdict=died("im2col"), needs=strided)
    assert len(groups(first, mismatch("jvp", verdict=died("im2col", frame="other"), needs=spread))) == 1
    assert len(groups(first, mismatch("jvp", verdict=died("im2col", 2), needs=both))) == 1
    assert len(groups(first, mismatch("jvp", verdict=died("im2col", 2), needs=spread))) == 2
    assert len(groups(first, mismatch("jvp", verdict=died("gemm"), needs=strided))) == 2
    (cause,) = causes((first, mismatch("jvp", verdict=died("im2col"))))
    assert cause.title.endswith("the process died: SIGSEGV (fault), in im2col of libmine.so")
    assert cause.evidence == "All processes end in im2col of libmine.so."


def test_a_process_that_dies_at_once_or_some_calls_later_is_one_wherever_it_dies() -> None:
    def died(site: str) -> Verdict:
        frames = f"  native {site}"
        return ended(Outcome.CRASHED, f"the process died: SIGABRT (aborted); Fatal\n{frames}", "SIGABRT (aborted)")

    spread = ("dilation above 1",)
    at_once = mismatch("forward", 1, verdict=died("conv+0x1 of libmine.so"), needs=spread)
    told = "right at first, and its process dies some calls later, also where nothing else is called"
    later = mismatch("forward", 2, verdict=died("take+0x1 of libother.so"), needs=spread, history=told)
    for both in ((at_once, later), (later, at_once)):
        (cause,) = causes(both)
        assert cause.evidence == "The pass ends its process at once or some calls later."
    assert len(groups(at_once, replace(later, needs=("stride above 1",)))) == 2
    assert len(groups(at_once, replace(later, subject="jvp"))) == 2


def test_an_error_is_one_whether_or_not_it_depends_on_earlier_calls() -> None:
    refused = ended(Outcome.REFUSED, "raised ValueError: no scratch left at f.py:9", "ValueError")
    alone, later = mismatch("forward", verdict=refused), mismatch("jvp", verdict=refused, history="after another call")
    assert len(groups(alone, later)) == len(groups(later, alone)) == 1


def test_crashes_that_say_nothing_are_one_by_the_same_check_only() -> None:
    died = ended(Outcome.CRASHED, "the process died: SIGSEGV (segmentation fault)", "SIGSEGV (segmentation fault)")
    assert groups(
        mismatch("forward", verdict=died, check="company", is_among_calls=True),
        mismatch("jvp", verdict=died, check="company", is_among_calls=True),
        mismatch("update", verdict=died, needs=("stride above 1",)),
    ) == [{"mine-forward-1", "mine-jvp-1"}, {"mine-update-1"}]


@pytest.mark.parametrize("need", ["an empty batch", "no input channels", "no window that fits"])
def test_what_is_lacking_with_the_same_outcome_is_one(need: str) -> None:
    shape = replace(VALUE, cause="shape", reason="returned shape (1,), but should be (0, 1)")
    died = ended(Outcome.CRASHED, "the process died: exit code 3", "exit code 3")
    assert groups(
        mismatch("forward", verdict=shape, needs=(need,)),
        mismatch("jvp", verdict=VALUE, needs=(need, "a bias")),
        mismatch("update", verdict=died, needs=(need,)),
        mismatch("bias_gradient", verdict=shape),
    ) == [{"mine-forward-1", "mine-jvp-1"}, {"mine-update-1"}, {"mine-bias_gradient-1"}]


def test_one_dtype_returned_for_another_is_one_cause_also_of_results_without_elements() -> None:
    def returned(dtype: str) -> Verdict:
        return ended(Outcome.VIOLATES, f"returned dtype {dtype}, but should be bfloat16", "dtype")

    empty = mismatch(number=1, verdict=returned("float32"), needs=("no output channels",))
    full = mismatch("jvp", 2, verdict=returned("float32"), needs=("dtype bfloat16",))
    other = mismatch("update", 3, verdict=returned("float64"), needs=("dtype bfloat16",))
    one, two = causes((empty, full, other))
    assert (set(one.mismatches), two.mismatches) == ({empty.id, full.id}, (other.id,))
    assert one.evidence == "All returned dtype float32, but should be bfloat16."
    assert two.title == "update of mine: returned dtype float64, but should be bfloat16"


def test_one_known_fault_is_one_cause_and_names_do_not_chain() -> None:
    told = ("It is as if the stride were 1 (stride-ignored).",)
    both = mismatch("forward", diagnosed=("stride-ignored", "last-window-dropped"), diagnosis=told)
    one = mismatch("jvp", diagnosed=("stride-ignored",), diagnosis=told)
    other = mismatch("update", diagnosed=("last-window-dropped",))
    first, second = causes((both, one, other))
    assert set(first.mismatches) == {both.id, one.id}
    assert first.title == "forward and 1 more pass of mine: It is as if the stride were 1 (stride-ignored)"
    assert first.evidence == "The same explains all of them: stride-ignored."
    assert second.mismatches == (other.id,)


def test_two_faults_that_depend_on_the_data_are_two() -> None:
    names = ("depends-on-data-sign", "depends-on-data-size")
    assert len(causes((mismatch("forward", diagnosed=names), mismatch("update", diagnosed=names)))) == 2


def test_memory_that_nobody_wrote_is_one_cause_a_pass() -> None:
    names = ("uninitialised-memory",)
    forward, gradient = mismatch("forward", diagnosed=names), mismatch("input_gradient", diagnosed=names)
    again = mismatch("forward", 2, diagnosed=names)
    assert groups(forward, gradient, again) == [{forward.id, again.id}, {gradient.id}]


def test_what_follows_from_a_wrong_pass_is_told_after_it_also_where_it_was_met_first() -> None:
    update = mismatch("update", follows=("weight_gradient",))
    (cause,) = causes((update, mismatch("weight_gradient")))
    assert cause.mismatches == ("mine-weight_gradient-1", "mine-update-1")
    assert cause.evidence == "The others are what the definition makes of the wrong weight_gradient."
    assert len(causes((update, mismatch("forward")))) == 2


def test_an_error_where_the_pass_is_wrong_is_one_cause_if_both_need_the_same() -> None:
    raised = ended(Outcome.REFUSED, "raised ValueError: shape-mismatch for sum", "ValueError")
    wrong = mismatch("forward", needs=("stride above 1",))
    assert groups(wrong, mismatch("forward", 2, verdict=raised, needs=("stride above 1",))) == [
        {"mine-forward-1", "mine-forward-2"}
    ]
    assert len(groups(wrong, mismatch("forward", 2, verdict=raised, needs=("padding",)))) == 2
    assert len(groups(wrong, mismatch("jvp", 2, verdict=raised, needs=("stride above 1",)))) == 2
    assert len(groups(wrong, mismatch("forward", 2, needs=("stride above 1",)))) == 2


def test_an_error_where_the_known_fault_leaves_no_window_is_one_cause_with_it() -> None:
    error = ended(Outcome.REFUSED, "raised ValueError: negative dimensions at f.py:9", "ValueError")
    unpadded = mismatch("forward", 1, case="n1c1k1i2f1p1/float32/uniform/0", diagnosed=("padding-ignored",))
    without_window = mismatch("forward", 2, case="n1c1k1i2f4p1/float32/uniform/0", verdict=error)
    with_window = mismatch("forward", 3, case="n1c1k1i4f4p1/float32/uniform/0", verdict=error)
    assert groups(unpadded, without_window) == [{unpadded.id, without_window.id}]
    assert groups(without_window, unpadded) == [{unpadded.id, without_window.id}]
    assert groups(unpadded, with_window) == [{unpadded.id}, {with_window.id}]
    other = replace(unpadded, diagnosed=("kernel-rotated",))
    assert groups(other, without_window) == [{other.id}, {without_window.id}]


def test_a_tie_of_two_faults_is_one_cause_with_either_and_titled_by_the_surer() -> None:
    tie = mismatch("forward", 1, diagnosed=("settings-axes-exchanged", "stride-axes-exchanged"), diagnosis=("tied",))
    sure = mismatch("forward", 2, diagnosed=("stride-axes-exchanged",), diagnosis=("It is as if …",), case=CASE + "1")
    (cause,) = causes((tie, sure))
    assert set(cause.mismatches) == {tie.id, sure.id}
    assert "It is as if" in cause.title


def test_candidates_do_not_share_causes() -> None:
    mine = mismatch(diagnosed=("stride-ignored",))
    theirs = replace(mine, id="theirs-forward-1", candidate="theirs")
    assert [cause.candidate for cause in causes((mine, theirs))] == ["mine", "theirs"]


anything = st.builds(
    mismatch,
    st.sampled_from(["forward", "update", "weight_gradient"]),
    st.integers(1, 10**6),
    history=st.sampled_from(["", "", "right alone"]),
    diagnosed=st.sampled_from([(), ("a",), ("a", "b"), ("b",)]),
    follows=st.sampled_from([(), (), ("weight_gradient",)]),
    needs=st.sampled_from([(), ("an empty batch",)]),
    verdict=st.sampled_from([VALUE, ended(Outcome.CRASHED, "the process died", "SIGSEGV"), Verdict(Outcome.REFUSED)]),
    case=st.sampled_from([CASE, "no case"]),
)


@given(st.lists(anything, unique_by=lambda each: each.id))
def test_every_mismatch_has_one_cause(mismatches: list[Mismatch]) -> None:
    told = [identity for cause in causes(mismatches) for identity in cause.mismatches]
    assert sorted(told) == sorted(each.id for each in mismatches)
    assert causes(mismatches) == causes(tuple(mismatches))
    assert all(bool(cause.evidence) == (len(cause.mismatches) > 1) for cause in causes(mismatches))


def test_results_have_no_signature() -> None:
    assert signature(VALUE) == ""


SPREADS, TRANSFORM = 'conventions = {"contamination": "spreads"}', 'conventions = {"algorithm": "transform"}'
NARROW = 'accumulators = {"bfloat16": "bfloat16"}'


def test_a_wide_declaration_joins_only_where_nothing_tighter_explains_one_of_them() -> None:
    """A transform explains a NaN that spreads and a sum in bfloat16, which have nothing to do with each other."""
    spreads = [mismatch(subject, diagnosed=(SPREADS, TRANSFORM)) for subject in ("forward", "jvp")]
    narrow = mismatch("forward", 2, check="precision", diagnosed=(NARROW, TRANSFORM))
    assert groups(*spreads, narrow) == [{"mine-forward-1", "mine-jvp-1"}, {"mine-forward-2"}]
    transform = mismatch("forward", 2, check="precision", diagnosed=(TRANSFORM,))
    assert len(groups(*spreads, transform)) == 1
    assert len(groups(transform, *spreads)) == 1
