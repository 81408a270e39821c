"""A form with a few settings changed: which, how many, and to values of the setting's own."""

from __future__ import annotations

from random import Random

import pytest

from convoracle.suites.capabilities.forms import Form, case_of
from convoracle.suites.capabilities.varying import SWEPT, Values, varied

FORM = Form(2, "float32")
FREE = {"size", "inputs", "outputs", "groups", "batch", "bias", "layout"}


def changed(form: Form) -> set[str]:
    return {name for name in SWEPT if getattr(form, name) != getattr(FORM, name)}


def test_every_value_is_one_that_a_form_may_have() -> None:
    """By itself, on the plainest form or, of output padding, on a strided transposed one."""
    for name, values in SWEPT.items():
        for value in values:
            base = {"size": (40,)} if name != "size" else {}
            base |= {"stride": (2,), "transposed": True} if name == "extra" else {}
            base |= {"kernel": (5,)} if name == "padding" else {}
            assert case_of(Form(2, "float32", **{**base, name: value})) is not None, (name, value)


@pytest.mark.parametrize(("redrawn", "free"), [(0.0, set()), (1.0, FREE)])
def test_free_settings_are_drawn_anew_as_often_as_is_said(redrawn: float, free: set[str]) -> None:
    random = Random(0)
    met: set[str] = set()
    for _ in range(300):
        met |= changed(varied(FORM, SWEPT, random, redrawn)) & FREE
    assert met == free


def test_at_most_four_others_change_and_sometimes_none() -> None:
    random = Random(0)
    counts = {len(changed(varied(FORM, SWEPT, random, 0.0))) for _ in range(300)}
    assert counts == {0, 1, 2, 3, 4}


def test_values_are_those_that_are_given() -> None:
    values: Values = {"kernel": ((7,),), "batch": (3, 4)}
    random = Random(0)
    found = {(form.kernel, form.batch) for form in (varied(FORM, values, random, 0.5) for _ in range(100))}
    assert found == {(kernel, batch) for kernel in ((1,), (7,)) for batch in (1, 3, 4)}
    assert varied(FORM, {}, random) == FORM


def test_the_same_random_numbers_give_the_same_form() -> None:
    assert [varied(FORM, SWEPT, Random(5)) for _ in range(3)] == [varied(FORM, SWEPT, Random(5))] * 3
