"""The page on precision: a line for each group, and numbers that its plots draw."""

from __future__ import annotations

import json
import math

import pytest

from convoracle.reports.records.ratios import EXACT, INFINITE, Point, Ratios
from convoracle.reports.site.accuracy import accuracy_page

CASE = "n2c3k4i9x9f3x3/float32/uniform/7"


SOME = (Point(CASE, 0.25),)


def group(bins, worst=0.9, points=SOME, subject="forward", ulps=None):
    return Ratios("torch", subject, "float32", bins, ulps or {}, Point(CASE, worst), points)


def test_a_line_for_each_group():
    page = accuracy_page((group({EXACT: 1, -3: 2, 0: 1}),))
    (row,) = page.rows
    assert (row.candidate, row.subject, row.dtype, row.count, row.exact) == ("torch", "forward", "float32", "4", "25 %")
    assert (row.typical, row.worst, row.tone, row.case) == ("up to 0.125", "0.9", "good", CASE)
    assert row.href.startswith("cases/index.html#candidate=torch&pass=forward&q=n2c3k4i9x9f3x3%2F")


@pytest.mark.parametrize(
    ("bins", "typical"), [({EXACT: 3, 0: 2}, "0"), ({INFINITE: 2, 0: 1}, "beyond all"), ({0: 1, 1: 1}, "up to 1")]
)
def test_half_of_the_ratios(bins, typical):
    assert accuracy_page((group(bins),)).rows[0].typical == typical


def test_a_ratio_of_one_is_within_the_bound_and_more_is_not():
    assert [accuracy_page((group({0: 1}, worst=worst),)).rows[0].tone for worst in (1.0, 1.01, math.inf)] == [
        "good", "bad", "bad",
    ]  # fmt: skip


def test_the_plots_have_the_terms_of_every_point_and_the_worst():
    page = accuracy_page((group({EXACT: 1, -40: 2, -1: 1}, subject="weight_gradient"),))
    drawn = json.loads(page.data)
    assert drawn["names"] == ["torch", "weight_gradient", "float32"]
    ((candidate, subject, dtype, bins, points, _),) = drawn["groups"]
    assert (candidate, subject, dtype) == (0, 1, 2)
    assert bins == [[-16, 3], [-1, 1]]
    assert points == [[2 * 7 * 7, 0.25, CASE], [2 * 7 * 7, 0.9, CASE]]


def test_what_is_no_pass_no_case_or_no_number_is_not_drawn():
    groups = (
        group({0: 1}, subject="adjoint"),
        group({0: 1}, points=(Point("hello", 0.5),)),
        group({INFINITE: 1}, worst=math.inf, points=()),
    )
    drawn = json.loads(accuracy_page(groups).data)
    assert [len(each[4]) for each in drawn["groups"]] == [0, 1, 0]


def test_the_data_cannot_leave_their_element():
    told = Ratios("</script><!--&", "forward", "float32", {0: 1}, {}, Point("</script>", 0.5), ())
    text = str(accuracy_page((told,)).data)
    assert not set(text) & set("<>&")
    assert json.loads(text)["names"][0] == "</script><!--&"


def test_units_in_the_last_place_are_drawn_from_far_below_one_to_far_above():
    drawn = json.loads(str(accuracy_page((group({0: 9}, ulps={EXACT: 2, -20: 1, -1: 3, 4: 2, 90: 1}),)).data))
    assert drawn["groups"][0][5] == [[-8, 3], [-1, 3], [4, 2], [24, 1]]
