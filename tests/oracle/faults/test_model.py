"""What a model is: compared by what it is and not by what it says, with needs that any case meets."""

from __future__ import annotations

from dataclasses import replace

from convoracle.oracle.faults import fault_named
from convoracle.oracle.faults.model import LATTICE, NO_NEEDS, Kind, Needs
from convoracle.oracle.numbers.dtypes import DTYPES


def test_a_kind_is_shown_by_its_name() -> None:
    assert [str(kind) for kind in Kind] == ["terms", "rounding", "values", "conduct"]


def test_what_needs_nothing_shows_on_any_integers_in_one_call() -> None:
    assert Needs() == NO_NEEDS
    assert (NO_NEEDS.dtypes, NO_NEEDS.data, NO_NEEDS.layouts) == (DTYPES, (LATTICE,), ())
    assert (NO_NEEDS.bias, NO_NEEDS.calls) == (False, "once")


def test_a_model_is_equal_to_itself_only() -> None:
    model = fault_named("kernel-rotated")
    assert model == model
    assert model != replace(model)
    assert len({model, replace(model)}) == 2
