"""Native frames of a process that died, as a record tells them: the same on the next run, wherever libraries lie.

They are lines of a crash's reason, the innermost first, before Python's frames::

    native im2col+0x1f of libmine.so
    native libmine.so+0x11e9
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ...oracle.judging.verdict import Outcome, Verdict

_UNSAID = re.compile(r"[^!-~]+")
_LINE = re.compile(
    r"^  native (?:(?P<function>[!-~]+)\+0x(?P<within>[0-9a-f]{1,16}) of (?P<library>[!-~]+)"
    r"|(?P<nameless>[!-~]+)\+0x(?P<at>[0-9a-f]{1,16}))$",
    re.ASCII | re.MULTILINE,
)
_DELIVERING = re.compile(
    r"(lib(c|m|pthread|stdc\+\+|gcc_s|c\+\+|c\+\+abi|asan|ubsan|tsan)|ld(-linux[\w-]*)?|linux-vdso)(-[\d.]+)?\.so[\d.]*"
)
"""What comes between a fault and its end: the libraries of C and C++, of which a function that is given a wrong
pointer, or finds the heap broken, is called by the one that is to blame."""
_OF_PYTHON = re.compile(r"(lib)?python[\d.]*(\.so[\d.]*)?|libffi[\w-]*\.so[\w.]*|_ctypes\..*")
_LONGEST = 120


@dataclass(frozen=True, slots=True)
class NativeFrame:
    """A place in a library.

    Parameters
    ----------
    library : str
        The name of its file, without folders.
    offset : int
        From the beginning of the function, or of the library where that has no name.
    function : str
        As the library exports it; empty where it does not.
    """

    library: str
    offset: int
    function: str = ""

    @classmethod
    def of(cls, path: str, function: str, offset: int) -> NativeFrame:
        """With names that are fit for a record: on one line, and not too long."""
        return cls(_named(path.rpartition("/")[2]) or "?", abs(offset), _named(function))

    @property
    def is_of_python(self) -> bool:
        """Whether it is in the interpreter, whose own frames say more."""
        return _OF_PYTHON.fullmatch(self.library) is not None

    @property
    def delivers(self) -> bool:
        """Whether it is in a library of C or C++, called by what is to blame."""
        return _DELIVERING.fullmatch(self.library) is not None

    def __str__(self) -> str:
        if self.function:
            return f"{self.function}+{self.offset:#x} of {self.library}"
        return f"{self.library}+{self.offset:#x}"


@dataclass(frozen=True, slots=True)
class CrashSite:
    """Where in a library a process died.

    Parameters
    ----------
    frame : NativeFrame
        The innermost that does more than deliver the end.
    function : str
        The innermost function of the library with a name, in which or below which that is; empty if there is none.
    """

    frame: NativeFrame
    function: str

    def __str__(self) -> str:
        return f"{self.function} of {self.frame.library}" if self.function else self.frame.library


def ending(verdict: Verdict) -> str:
    """The cause of a verdict; of a crash with the function in which the process died, where that is known."""
    site = crash_site(verdict)
    return verdict.cause if site is None else f"{verdict.cause} in {site}"


def told(frames: Iterable[NativeFrame]) -> list[str]:
    """A line for each."""
    return [f"  native {frame}" for frame in frames]


def crash_site(verdict: Verdict) -> CrashSite | None:
    """Where a process died, by its native frames; None where there are none but such as deliver the end."""
    if verdict.outcome is not Outcome.CRASHED:
        return None
    frames = [_read(line) for line in _LINE.finditer(verdict.reason)]
    own = [frame for frame in frames if not frame.delivers]
    if not own:
        return None
    library = own[0].library
    return CrashSite(own[0], next((frame.function for frame in own if frame.function and frame.library == library), ""))


def _read(line: re.Match[str]) -> NativeFrame:
    if line["function"]:
        return NativeFrame(line["library"], int(line["within"], 16), line["function"])
    return NativeFrame(line["nameless"], int(line["at"], 16))


def _named(text: str) -> str:
    plain = _UNSAID.sub("_", text)
    return plain if len(plain) <= _LONGEST else f"{plain[: _LONGEST // 2]}..{plain[2 - _LONGEST // 2 :]}"
