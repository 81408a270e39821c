"""Which mismatches of several parts are one fault follows from the set of them, in whatever order that is made."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import Mismatch
from convoracle.reports.records.instances import Instance, instance_of, kept_for

PLAIN = Instance("torch-forward-1", "torch", 0, "structure", "forward", Outcome.VIOLATES, "value", ("stride",))
OTHER = replace(PLAIN, id="torch-forward-3.1", part=3, needs=("dilation", "stride"))


def test_what_needs_all_that_another_needs_and_shows_alike_is_an_instance_of_it() -> None:
    assert kept_for([PLAIN, OTHER]) == {OTHER.id: PLAIN.id}


def test_of_those_that_need_the_same_the_first_is_kept() -> None:
    again = replace(OTHER, needs=PLAIN.needs)
    assert kept_for([again, PLAIN]) == {again.id: PLAIN.id}


def test_the_plainer_one_is_kept_also_where_it_was_met_later() -> None:
    plainer = replace(OTHER, needs=())
    assert kept_for([PLAIN, plainer]) == {PLAIN.id: plainer.id}


@pytest.mark.parametrize(
    "change",
    [
        {"candidate": "x"},
        {"check": "precision"},
        {"subject": "jvp"},
        {"outcome": Outcome.CRASHED},
        {"cause": "shape"},
        {"needs": ("dilation",)},
        {"part": 0},
    ],
)
def test_what_shows_otherwise_or_was_told_apart_within_its_part_is_another(change: dict[str, object]) -> None:
    assert kept_for([PLAIN, replace(OTHER, **change)]) == {}


def test_what_depends_on_earlier_calls_is_no_instance() -> None:
    mismatch = Mismatch("x-forward-1", "x", "structure", "forward", "c", "c", Verdict(Outcome.VIOLATES, cause="value"))
    assert instance_of(mismatch) == Instance(
        "x-forward-1", "x", 0, "structure", "forward", Outcome.VIOLATES, "value", ()
    )
    place = "the process died: SIGSEGV; Fatal\n  native im2col+0x1f of libmine.so"
    died = instance_of(replace(mismatch, verdict=Verdict(Outcome.CRASHED, place, "SIGSEGV")))
    assert died is not None
    assert died.cause == "SIGSEGV in im2col of libmine.so"
    assert instance_of(replace(mismatch, history="wrong after the same call")) is None
    assert instance_of(replace(mismatch, after=(("structure", "forward", "c"),))) is None


@st.composite
def several(draw: st.DrawFn) -> list[Instance]:
    found = []
    for number in range(draw(st.integers(1, 12))):
        part, needs = draw(st.integers(0, 3)), draw(st.frozensets(st.sampled_from("abcd")))
        found.append(replace(PLAIN, id=f"torch-forward-{part}.{number}", part=part, needs=tuple(sorted(needs))))
    return found


@given(several(), st.randoms(use_true_random=False), st.data())
def test_merging_is_associative_commutative_and_idempotent(instances: list[Instance], random, data) -> None:
    """What is kept of all is what is kept of all, in any order; and what is kept for another is kept for itself."""
    whole = kept_for(instances)
    shuffled = [*instances, *instances[: data.draw(st.integers(0, len(instances)))]]
    random.shuffle(shuffled)
    assert kept_for({each.id: each for each in shuffled}.values()) == whole
    assert not whole.keys() & set(whole.values())
    named = {each.id: each for each in instances}
    for instance, kept in whole.items():
        assert set(named[kept].needs) <= set(named[instance].needs)
    cut = data.draw(st.integers(0, len(instances)))
    for part in (instances[:cut], instances[cut:]):
        assert kept_for(part).keys() <= whole.keys()
