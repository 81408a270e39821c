"""What every model says of itself."""

from __future__ import annotations

import re

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.faults import CONTAMINATED, FAULT_MODELS, LATTICE, FaultModel, Kind, fault_named
from convoracle.oracle.numbers.dtypes import DTYPES
from convoracle.oracle.operands.data import FILLS
from convoracle.oracle.problem.layouts import LAYOUTS

CALLS = {"once", "again", "with other data", "of another dtype", "of another shape", "apart"}

each_model = pytest.mark.parametrize("model", FAULT_MODELS, ids=lambda model: model.name)


def test_there_are_many_of_every_kind_and_their_names_are_unique() -> None:
    assert len(FAULT_MODELS) >= 60
    assert {model.kind for model in FAULT_MODELS} == set(Kind)
    assert len({model.name for model in FAULT_MODELS}) == len(FAULT_MODELS)
    assert len({(model.sentence, model.passes) for model in FAULT_MODELS}) == len(FAULT_MODELS)


def test_a_model_is_found_by_its_name() -> None:
    assert fault_named("kernel-not-rotated").name == "kernel-not-rotated"
    with pytest.raises(InvalidArgument, match=rf"one of {len(FAULT_MODELS)} models, such as kernel-not-rotated"):
        fault_named("kernel-not-there")


@each_model
def test_the_words(model: FaultModel) -> None:
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)+", model.name)
    assert not model.sentence.endswith(".")
    assert re.match(r"[a-z]|SAME|NaN", model.sentence)
    assert "Look at " in re.split(r"(?<=\.) ", model.explanation)[-1]
    assert model.explanation.endswith(".")


@each_model
def test_needs_can_be_met(model: FaultModel) -> None:
    needs = model.needs
    assert model.passes
    assert needs.dtypes
    assert set(needs.dtypes) <= set(DTYPES)
    assert needs.data
    assert set(needs.data) <= {LATTICE, CONTAMINATED, *FILLS}
    assert set(needs.layouts) <= set(LAYOUTS)
    assert needs.calls in CALLS
