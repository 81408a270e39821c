"""The frames that the C library writes: which are the handlers' own, and what of the rest is told."""

from __future__ import annotations

from convoracle.suites.candidates.foreign.native_stack import CALLS, PLACES, frames_in
from convoracle.suites.candidates.foreign.post_mortem import MOST_CHARACTERS, telling_lines

HANDLERS = [
    "[0x7f3a13b171a2]",
    "/lib/libc.so.6(+0x3c050)[0x7f3a1325a050]",
    "/lib/libc.so.6(gsignal+0x12)[0x7f3a13259fb2]",
    "/lib/libc.so.6(+0x3c050)[0x7f3a1325a050]",
]
OWN = [
    "/lib/libc.so.6(abort+0xd3)[0x7f3a13385ad8]",
    "/home/a b/(c)/libmine.so(+0x1250)[0x7f3a12ec0608]",
    "/home/a b/(c)/libmine.so(conv_forward+0x7)[0x7f3a12ea8f7a]",
    "[0x7f3a12ea840e]",
    "/usr/lib/libffi.so.8(ffi_call+0xcd)[0x7f3a12ea8b0d]",
    "/usr/lib/libpython3.11.so.1.0(_PyObject_MakeTpCall+0x7d)[0x7f3a1355861d]",
]


def written(*places: str, calls: tuple[str, ...] = ()) -> str:
    return "\n".join([*places, CALLS, *(calls or places), ""])


def told(text: str, handlers: int = 2) -> list[str]:
    return [str(frame) for frame in frames_in(text, handlers)]


def test_what_is_above_the_handlers_and_below_the_interpreter() -> None:
    assert told(written(*HANDLERS, *OWN)) == [
        "abort+0xd3 of libc.so.6", "libmine.so+0x1250", "conv_forward+0x7 of libmine.so",
    ]  # fmt: skip
    assert told(written(*HANDLERS[:2], *OWN[1:]), handlers=1) == [
        "libmine.so+0x1250", "conv_forward+0x7 of libmine.so",
    ]  # fmt: skip


def test_the_innermost_is_told_as_it_is_and_the_others_by_their_calls() -> None:
    """Behind a call that never returns another function begins."""
    back = [*HANDLERS, "/lib/libc.so.6(abort+0xd2)[0x1]", "/lib/libmine.so(gives_up+0x9)[0x2]"]
    on = [*HANDLERS, "/lib/libc.so.6(abort+0xd3)[0x2]", "/lib/libmine.so(next+0x0)[0x3]"]
    assert told(written(*on, calls=tuple(back))) == ["abort+0xd3 of libc.so.6", "gives_up+0x9 of libmine.so"]
    assert told("\n".join(on)) == ["abort+0xd3 of libc.so.6"]


def test_what_was_written_in_part_or_by_someone_else() -> None:
    for text in ("", "\n", "[0x1]", "libmine.so(f+0x1)[0x2]", "x\ny\nz", written(*HANDLERS[:3]), CALLS, written(*OWN)):
        assert told(text) == [], text
    cut_off = written(*HANDLERS, *OWN)[:-30]
    assert told(cut_off)[:2] == ["abort+0xd3 of libc.so.6", "libmine.so+0x1250"]


def test_not_too_many_are_told() -> None:
    deep = [f"/lib/libmine.so(f{depth}+0x1)[0x7f]" for depth in range(60)]
    thrown = [f"/lib/libstdc++.so.6(+{depth:#x})[0x7f]" for depth in range(60)]
    assert told(written(*HANDLERS, *deep)) == [f"f{depth}+0x1 of libmine.so" for depth in range(4)]
    assert len(told(written(*HANDLERS, *thrown, *deep))) == 12


def test_native_frames_come_before_those_of_python_and_after_what_was_said() -> None:
    log = "\n".join(
        ["free(): invalid pointer", "Fatal Python error: Aborted", "", "Stack (most recent call first):",
         '  File "mine.py", line 3 in conv', "", "Extension modules: numpy", PLACES, written(*HANDLERS, *OWN)]
    )  # fmt: skip
    assert telling_lines(log).splitlines() == [
        "free(): invalid pointer", "Fatal Python error: Aborted", "  native abort+0xd3 of libc.so.6",
        "  native libmine.so+0x1250", "  native conv_forward+0x7 of libmine.so", '  File "mine.py", line 3 in conv',
    ]  # fmt: skip


def test_what_was_said_at_length_leaves_room_for_the_place() -> None:
    log = "\n".join(["x" * 9000, "Fatal Python error: Aborted", PLACES, written(*HANDLERS, *OWN)])
    told_lines = telling_lines(log)
    assert len(told_lines) == MOST_CHARACTERS
    assert told_lines.endswith("conv_forward+0x7 of libmine.so")
    assert telling_lines("a\n\nb\n" * 9) == "a\nb\na\nb\na\nb"
    assert telling_lines("") == ""
