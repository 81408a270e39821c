"""Forms: cases told by what belongs together, there and back."""

from __future__ import annotations

import pytest

from convoracle.oracle.operands.data import parse_case
from convoracle.suites.candidates.calls.domain import HALF, parse_domain
from convoracle.suites.capabilities.forms import (
    PATCHES,
    RICH,
    Form,
    aligned_forms,
    case_of,
    declared_forms,
    form_of,
    plain_forms,
    wide_forms,
)

CASES = (
    ("n1c1k1i5x5f1x1", Form(2, "float32")),
    ("n1c1k1i5x5f5x5p2x2", Form(2, "float32", kernel=(5,), padding=HALF)),
    ("n1c1k1i9x9f3x3p2x2d2x2", Form(2, "float32", kernel=(3,), size=(9,), padding=HALF, dilation=(2,))),
    ("n1c1k1i4x4f2x2s2x2", Form(2, "float32", kernel=(2,), size=(4,), stride=PATCHES)),
    ("n2c6k8i5x5f3x3p1x1g2", Form(2, "float32", (3,), padding=HALF, groups=2, inputs=3, outputs=4, batch=2)),
    ("n1c1k1i6x6f3x3s2x2p0+1x0+1", Form(2, "float32", (3,), (6,), (2,), padding="same_upper")),
    ("n1c1k1i5f3p2+0", Form(1, "float32", kernel=(3,), padding="causal")),
    ("n1c1k1i5x7f1x2s1x2", Form(2, "float32", kernel=(1, 2), size=(5, 7), stride=PATCHES)),
    ("n1c1k1i5x5f2x2p3+0x3+0", Form(2, "float32", kernel=(2,), padding=((3, 0),))),
    ("n1c1k1i5x5f3x3p1x1mreflect", Form(2, "float32", kernel=(3,), padding=HALF, mode="reflect")),
    ("n1c1k1i5x5f2x2s2x2to1x1", Form(2, "float32", (2,), stride=PATCHES, transposed=True, extra=(1,))),
)


@pytest.mark.parametrize(("text", "form"), CASES)
def test_the_case_of_a_form(text: str, form: Form) -> None:
    case = case_of(form)
    assert case is not None
    assert str(case.geometry) == text
    assert case_of(form_of(case), seed=case.seed, fill=case.fill) == case


@pytest.mark.parametrize(
    ("text", "padding", "stride"),
    [
        ("n1c1k1i5f3p1", HALF, (1,)),
        ("n1c1k1i5f3p0", "valid", (1,)),
        ("n1c1k1i5f3p2+0", "causal", (1,)),
        ("n1c1k1i5f3p2", ((2, 2),), (1,)),
        ("n1c1k1i6f3s3", "valid", PATCHES),
        ("n1c1k1i6f1s1", "valid", (1,)),
    ],
)
def test_what_has_a_name_is_called_by_it(text: str, padding: object, stride: object) -> None:
    form = form_of(parse_case(f"{text}/bias/int8/uniform/3/strided"))
    assert (form.padding, form.stride) == (padding, stride)
    assert (form.rank, form.dtype, form.bias, form.layout) == (1, "int8", True, "strided")


def test_a_name_keeps_step_where_a_number_does_not() -> None:
    """A kernel of 7 is padded by 3, and a stride that is the kernel is 7."""
    form = Form(1, "float32", kernel=(7,), size=(21,), padding=HALF, stride=PATCHES)
    case = case_of(form)
    assert case is not None
    assert (case.geometry.padding, case.geometry.stride) == (((3, 3),), (7,))


def test_there_is_no_case_of_a_form_that_is_illegal() -> None:
    assert case_of(Form(1, "float32", kernel=(3,), size=(2,), padding=((2, 2),), mode="reflect")) is None
    assert case_of(Form(1, "float32", extra=(1,))) is None


def test_data_are_those_that_are_asked_for() -> None:
    case = case_of(Form(1, "float16"), seed=7, fill="uniform")
    assert case is not None
    assert str(case) == "n1c1k1i5f1/float16/uniform/7"


@pytest.mark.parametrize("rank", [1, 2, 3])
def test_all_forms_that_are_asked_of_everyone_are_legal(rank: int) -> None:
    for forms in (wide_forms, plain_forms):
        found = list(forms(rank, "float32"))
        assert all(case_of(form) is not None for form in found)
        assert {(form.rank, form.dtype) for form in found} == {(rank, "float32")}


def test_the_rich_form_has_every_setting_at_once() -> None:
    case = case_of(Form(2, "float32", **RICH))
    assert case is not None
    assert str(case.geometry) == "n2c6k2i7x6f2x3s2x1p0+1x2+0d1x2g2"
    assert case.bias


def test_aligned_forms_are_in_whole_vectors() -> None:
    found = list(aligned_forms(2, "float32"))
    assert len(set(found)) == len(found)
    assert {form.size[0] for form in found} == {1, 2, 4, 8, 16, 32}
    assert {form.groups * form.inputs for form in found} == {1, 4, 8, 16, 32}
    assert {form.batch for form in found} == {1, 4, 8}


@pytest.mark.parametrize(
    ("domain", "attribute", "values"),
    [
        ({"kernels": [3, [5, 7]]}, "kernel", {(3,), (5, 7)}),
        ({"strides": [2]}, "stride", {(2,)}),
        ({"dilations": [1, 2]}, "dilation", {(1,), (2,)}),
        ({"paddings": ["symmetric", "half", 2, [1, 0]]}, "padding", {((1, 1),), "half", ((2, 2),), ((1, 0),)}),
        ({"padding_modes": ["reflect"]}, "mode", {"reflect"}),
        ({"transposed": "only"}, "transposed", {True}),
        ({"bias": "only"}, "bias", {True}),
        ({"groups": [4], "input_channels": [8]}, "inputs", {2}),
        ({"groups": ["channelwise"], "input_channels": [8]}, "groups", {8}),
        ({"input_channel_multiple": 4}, "inputs", {4, 8}),
        ({"output_channels": [3, 5]}, "outputs", {3, 5}),
    ],
)
def test_each_entry_of_a_declared_domain_has_a_form(
    domain: dict[str, object], attribute: str, values: set[object]
) -> None:
    found = list(declared_forms(parse_domain(domain, "mine"), 2, "float32"))
    assert {getattr(form, attribute) for form in found} == values


def test_a_domain_that_declares_nothing_has_no_form_of_its_own() -> None:
    assert list(declared_forms(parse_domain({}, "mine"), 2, "float32")) == []
