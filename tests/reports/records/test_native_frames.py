"""Native frames in a crash's reason: written and read back, and which of them is to blame."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports.records.native_frames import CrashSite, NativeFrame, crash_site, ending, told

IM2COL = NativeFrame("libmine.so.2", 0x1F, "im2col")
NAMELESS = NativeFrame("libmine.so.2", 0x11E9)
ABORT = [
    NativeFrame("libc.so.6", 0x8AEEC),
    NativeFrame("libc.so.6", 0x12, "raise"),
    NativeFrame("libc.so.6", 1, "abort"),
]
THROWN = NativeFrame("libstdc++.so.6.0.30", 0x3B, "__cxa_throw")


def died(*frames: NativeFrame) -> Verdict:
    lines = ["the process died: SIGABRT (aborted); Fatal Python error: Aborted", *told(frames), '  File "a.py", line 3']
    return Verdict(Outcome.CRASHED, "\n".join(lines), "SIGABRT (aborted)")


@pytest.mark.parametrize(
    ("frames", "site", "words"),
    [
        ([IM2COL], CrashSite(IM2COL, "im2col"), "im2col of libmine.so.2"),
        ([*ABORT, IM2COL], CrashSite(IM2COL, "im2col"), "im2col of libmine.so.2"),
        ([*ABORT, THROWN, NAMELESS, IM2COL], CrashSite(NAMELESS, "im2col"), "im2col of libmine.so.2"),
        ([NAMELESS, NativeFrame("other.so", 1, "f")], CrashSite(NAMELESS, ""), "libmine.so.2"),
    ],
)
def test_whoever_is_below_the_libraries_of_c_is_to_blame(
    frames: list[NativeFrame], site: CrashSite, words: str
) -> None:
    assert crash_site(died(*frames)) == site
    assert str(site) == words
    assert ending(died(*frames)) == f"SIGABRT (aborted) in {words}"


def test_of_others_nothing_is_known() -> None:
    assert crash_site(died()) is None
    assert crash_site(died(*ABORT)) is None
    assert ending(died(*ABORT)) == "SIGABRT (aborted)"
    refused = Verdict(Outcome.REFUSED, died(IM2COL).reason, "ValueError")
    assert crash_site(refused) is None


@pytest.mark.parametrize(
    "library", ["libcx.so", "libc-conv.so", "libmine.so", "libm.mine.so", "ld.conv.so", "pythonic.so"]
)
def test_a_name_that_only_begins_as_one_of_the_system(library: str) -> None:
    frame = NativeFrame(library, 1, "f")
    assert not frame.delivers
    assert not frame.is_of_python


@pytest.mark.parametrize(
    "library",
    ["libpython3.11.so.1.0", "python3.12", "python3", "libffi.so.8", "_ctypes.cpython-311-x86_64-linux-gnu.so"],
)
def test_the_interpreter(library: str) -> None:
    assert NativeFrame(library, 1).is_of_python


@given(st.text(), st.text(), st.integers(-(2**63), 2**63))
def test_what_is_told_is_read_back_whatever_names_there_are(path: str, function: str, offset: int) -> None:
    frame = NativeFrame.of(f"/lib/{path}", function, offset)
    site = crash_site(died(frame))
    assert site is None or site.frame == frame
    assert (site is None) == frame.delivers
