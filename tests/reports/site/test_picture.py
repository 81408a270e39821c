"""Where wrong elements lie: planes of every rank, cells and numbers, and what is left out of a large result."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from convoracle.reports import Evidence
from convoracle.reports.site.picture import MAX_PLANES, operand_grids, picture, result_grids


@pytest.mark.parametrize(
    ("case", "subject", "wrong", "planes", "size"),
    [
        ("n2c3k2i6f3", "forward", (1, 1, 3), 4, (4, 1)),
        ("n1c1k1i3x4f2x2", "forward", (0, 0, 1, 2), 1, (3, 2)),
        ("n1c2k2i3x5x6f2x3x3", "forward", (0, 1, 1, 2, 3), 4, (4, 3)),
        ("n1c1k5i4f2", "bias_gradient", (3,), 1, (5, 1)),
        ("n1c4k2i4x4f3x2g2", "weight_gradient", (1, 0, 2, 1), 4, (2, 3)),
        ("n1c2k4i3x4f3x2g2t", "forward", (0, 3, 4, 2), 4, (5, 5)),
        ("n1c2k4i3x4f3x2g2t", "double_backward_weight", (1, 1, 2, 1), 4, (2, 3)),
        ("n2c1k2i4f2", "jvp", (1, 1, 2), 4, (3, 1)),
        ("n1c60k60i3f1", "weight_gradient", (59, 2, 0), 3600, (1, 1)),
    ],
)
def test_planes_of_every_rank(make_mismatch, case, subject, wrong, planes, size):
    mismatch, evidence = make_mismatch(case, subject, (wrong,))
    drawn = picture(evidence, mismatch.subject)
    assert len(drawn.planes) == min(planes, MAX_PLANES)
    assert {(plane.columns, plane.rows) for plane in drawn.planes} == {size}
    (cell,) = [cell for plane in drawn.planes for cell in plane.squares if cell.kind != "right"]
    assert (cell.kind, cell.symbol) == ("under", "−")
    assert cell.title.startswith(f"[{', '.join(map(str, wrong))}]: got ")
    assert drawn.kinds == ("under",)
    assert len(result_grids(evidence, subject)) in (0, planes)


def test_a_large_picture_is_cut_and_says_so(make_mismatch):
    wrong = tuple((0, channel, 99, 98) for channel in range(0, 64, 2))
    mismatch, evidence = make_mismatch("n1c1k64i100x100f1x1", "forward", wrong)
    evidence.actual[0, 4, 99, 98] = np.nan
    drawn = picture(evidence, mismatch.subject)
    assert len(drawn.planes) == MAX_PLANES
    assert all(plane.wrong for plane in drawn.planes)
    assert drawn.notes == (
        "24 of 64 planes shown, those with wrong elements first.",
        "8 more planes have wrong elements.",
        "Each square stands for a block of 3 × 3 elements, coloured by its worst.",
    )
    assert drawn.kinds == ("over", "under", "broken")
    assert [cell.kind for cell in drawn.planes[2].squares] == ["broken"]
    assert sum(len(plane.squares) for plane in drawn.planes) == MAX_PLANES
    assert result_grids(evidence, mismatch.subject) == ()


@pytest.mark.filterwarnings("error")
def test_infinity_in_place_of_infinity_warns_of_nothing(make_mismatch):
    mismatch, evidence = make_mismatch("n1c1k1i3x4f2x2", "forward", ((0, 0, 1, 2),))
    evidence.actual[0, 0, 0, 0] = evidence.expected[0, 0, 0, 0] = np.inf
    assert [plane.wrong for plane in picture(evidence, mismatch.subject).planes] == [1]


def test_no_picture_of_another_shape(make_mismatch):
    mismatch, evidence = make_mismatch("n1c1k1i3x4f2x2", "forward", ((0, 0, 1, 2),))
    assert picture(replace(evidence, actual=evidence.actual[:, :, :1]), mismatch.subject) is None
    assert picture(replace(evidence, actual=np.array(["text"])), mismatch.subject) is None


def test_scalar_and_empty_results():
    operands_missing = None
    scalar = Evidence(operands_missing, np.array(3.0), np.array(2.0), np.array(0.0), np.array(True))
    assert picture(scalar, "adjoint").planes[0].wrong == 1
    assert result_grids(scalar, "adjoint")[0].rows[0][0].expected == "2"
    empty = Evidence(operands_missing, np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2)), np.zeros((0, 2), bool))
    assert picture(empty, "adjoint") is None


@pytest.mark.parametrize(("part", "name"), [(0, "real part"), (1, "imaginary part")])
def test_the_parts_of_complex_numbers_are_planes_of_their_own(make_mismatch, part, name):
    mismatch, evidence = make_mismatch("n1c1k2i3x4f2x2/complex64/uniform/1", "forward", ((0, 1, 1, 2, part),))
    drawn = picture(evidence, mismatch.subject)
    labels = [f"batch 0, channel {channel}, {each}" for each in ("real part", "imaginary part") for channel in (0, 1)]
    assert [plane.label for plane in drawn.planes] == labels
    assert {(plane.columns, plane.rows) for plane in drawn.planes} == {(3, 2)}
    (plane,) = [plane for plane in drawn.planes if plane.wrong]
    assert plane.label == f"batch 0, channel 1, {name}"
    (cell,) = [cell for cell in plane.squares if cell.kind != "right"]
    assert cell.title.startswith(f"[0, 1, 1, 2, {part}]: got ")
    assert [grid.label for grid in result_grids(evidence, mismatch.subject)] == labels


def test_complex_operands_in_numbers():
    real, imaginary = operand_grids(np.array([[[1 + 2j, 3 - 4j]]], np.complex64), "weight")
    assert [real.label, imaginary.label] == [
        f"output channel 0, input channel 0, {part} part" for part in ("real", "imaginary")
    ]
    assert [[cell.shown for cell in grid.rows[0]] for grid in (real, imaginary)] == [["1", "3"], ["2", "-4"]]
    assert [grid.label for grid in operand_grids(np.array([1j]), "bias_direction")] == ["real part", "imaginary part"]


def test_the_weight_of_a_transposed_convolution_has_its_input_channels_first(make_mismatch):
    _, evidence = make_mismatch("n1c1k2i3f2t", "weight_gradient", ((0, 1, 1),))
    (first, _) = operand_grids(evidence.operands.weight, "weight", transposed=True)
    assert first.label == "input channel 0, output channel 0"
    assert picture(evidence, "weight_gradient", transposed=True).planes[1].label == "input channel 0, output channel 1"
    assert picture(evidence, "weight_gradient").planes[1].label == "output channel 0, input channel 1"


def test_operands_in_numbers():
    (grid,) = operand_grids(np.array([[[1.0, -0.0, 2.5]]], np.float32), "input")
    assert (grid.label, [cell.shown for cell in grid.rows[0]]) == ("batch 0, channel 0", ["1", "-0", "2.5"])
    assert operand_grids(np.zeros((9, 9)), "input") == ()
    (bias,) = operand_grids(np.array([1.0, 2.0]), "bias")
    assert [cell.shown for cell in bias.rows[0]] == ["1", "2"]
