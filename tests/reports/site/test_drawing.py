"""The drawing marks what a wrong element is made of, in every pass, with its windows on the padded plane."""

from __future__ import annotations

import pytest

from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.reports.site.drawing import MOST_CELLS, drawing


def marked(found, name: str, kind: str) -> list[tuple[int, int]]:
    """Row and column of the cells of a kind, on the padded plane."""
    plane = next(plane for plane in found.planes if plane.name.startswith(name))
    return [(cell.y, cell.x) for cell in plane.cells if cell.kind == kind]


def test_the_forward_pass():
    found = drawing(parse_geometry("n1c1k1i3x3f2x2s2x2p1x1"), Pass.FORWARD, (0, 0, 1, 1))
    assert marked(found, "input", "read") == [(2, 2), (2, 3), (3, 2), (3, 3)]
    assert marked(found, "kernel", "read") == [(0, 0), (0, 1), (1, 0), (1, 1)]
    assert marked(found, "output", "fault") == [(1, 1)]
    assert len(marked(found, "input", "padding")) == 16
    windows = [(w.y, w.x, w.height, w.width, w.is_first) for w in found.planes[0].windows]
    assert windows == [(2, 2, 2, 2, True), (2, 0, 2, 2, False)]
    assert found.notes == ("Outlined is the window of the wrong element, dashed the next one.",)


def test_a_window_that_reaches_into_the_padding_has_fewer_factors():
    found = drawing(parse_geometry("n1c1k1i3f2p1"), Pass.FORWARD, (0, 0, 0))
    assert marked(found, "input", "read") == [(0, 1)]
    assert marked(found, "kernel", "read") == [(0, 1)]


def test_dilation_leaves_gaps():
    found = drawing(parse_geometry("n1c1k1i5f2d3"), Pass.FORWARD, (0, 0, 0))
    assert marked(found, "input", "read") == [(0, 0), (0, 3)]
    assert (found.planes[0].windows[0].width, found.planes[0].windows[0].height) == (4, 1)


def test_the_input_gradient_has_to_do_with_every_window_that_reads_the_element():
    found = drawing(parse_geometry("n1c1k1i4f2"), Pass.INPUT_GRADIENT, (0, 0, 1))
    assert marked(found, "input", "fault") == [(0, 1)]
    assert marked(found, "output", "read") == [(0, 0), (0, 1)]
    assert [window.x for window in found.planes[0].windows] == [0, 1]
    assert found.notes == ("The wrong element has to do with 2 windows, outlined.",)


def test_the_weight_gradient_has_to_do_with_all():
    found = drawing(parse_geometry("n1c1k1i9f2"), Pass.WEIGHT_GRADIENT, (0, 0, 1))
    assert marked(found, "kernel", "fault") == [(0, 1)]
    assert marked(found, "input", "read") == [(0, x) for x in range(1, 9)]
    assert len(found.planes[0].windows) == 4
    assert found.notes == ("The wrong element has to do with 8 windows, 4 of them outlined.",)


def test_a_transposed_convolution_has_its_windows_on_the_output():
    found = drawing(parse_geometry("n1c1k1i2f3s2p1t"), Pass.FORWARD, (0, 0, 1))
    assert [plane.caption for plane in found.planes] == ["2", "3", "3, padded"]
    assert marked(found, "output", "fault") == [(0, 2)]
    assert marked(found, "input", "read") == [(0, 0), (0, 1)]
    assert [window.x for window in found.planes[2].windows] == [0, 2]


@pytest.mark.parametrize("pass_", [Pass.JVP, Pass.DOUBLE_BACKWARD_INPUT, Pass.DOUBLE_BACKWARD_WEIGHT, Pass.UPDATE])
def test_every_pass_marks_something(pass_):
    found = drawing(parse_geometry("n1c1k1i4f2"), pass_, (0, 0, 0))
    assert sum(cell.kind == "fault" for plane in found.planes for cell in plane.cells) == 1
    assert any(cell.kind == "read" for plane in found.planes for cell in plane.cells)


def test_what_lies_on_top_of_each_other_is_told():
    found = drawing(parse_geometry("n1c2k1i3x3x3f2x2x2p1x1x1mreflect"), Pass.FORWARD, (0, 0, 0, 0, 0))
    assert found.notes[1:] == (
        "The padding is reflect: it repeats data.",
        "Of more than two axes the last two are drawn, with the marks of all others on them.",
        "Images and channels lie on top of each other.",
    )


def test_without_an_element_the_convolution_is_drawn_all_the_same():
    found = drawing(parse_geometry("n1c1k1i4f2"), None, None)
    assert {cell.kind for plane in found.planes for cell in plane.cells} == {"data"}
    assert found.notes == ()


def test_what_is_too_large_or_nothing_is_not_drawn():
    assert drawing(parse_geometry(f"n1c1k1i{MOST_CELLS}f2"), None, None) is not None
    assert drawing(parse_geometry(f"n1c1k1i{MOST_CELLS + 1}f2"), None, None) is None
    assert drawing(parse_geometry("n1c0k1i4f2"), None, None) is None
