"""Padding as frameworks' functions want it: what is cut off evenly, and what is kept after it, is the output."""

from __future__ import annotations

import pytest

from convoracle.oracle.problem.geometry import ConvGeometry, parse_geometry
from convoracle.suites.candidates.calls.padding import cut_evenly, kept, last_axis_first

TRANSPOSED = parse_geometry("n1c1k1i4x3f3x3p2+0x0+1t")


def test_pads_are_in_one_row_the_last_axis_first() -> None:
    assert last_axis_first(parse_geometry("n1c1k1i4x3f3x3p2+0x0+1")) == (0, 1, 2, 0)


def test_only_what_both_ends_lose_is_cut_evenly() -> None:
    assert cut_evenly(TRANSPOSED) == (0, 0)
    assert cut_evenly(parse_geometry("n1c1k1i4x3f3x3p2+1x1t")) == (1, 1)


@pytest.mark.parametrize("geometry", [TRANSPOSED, parse_geometry("n1c1k1i4x3f3x3p2+1x1t")])
def test_what_is_kept_is_the_output(geometry: ConvGeometry) -> None:
    for cut in (cut_evenly(geometry), (0,) * geometry.rank):
        starts, stops = zip(*kept(geometry, cut), strict=True)
        lows = [start + lost for start, lost in zip(starts, cut, strict=True)]
        assert lows == [low for low, _ in geometry.padding]
        assert tuple(stop - start for start, stop in zip(starts, stops, strict=True)) == geometry.output_size
