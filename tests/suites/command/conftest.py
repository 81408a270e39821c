"""What the tests of whole commands share: a folder of their own to run in, and candidates without processes."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.candidates import BUILT_IN, CandidateError
from convoracle.suites.command import adapter_command, support_command
from convoracle.suites.command.cli import main


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the command is run, and puts its report; as no CI server would have it."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GITHUB_WORKSPACE"):
        monkeypatch.delenv(name, raising=False)


_RIGHT = """import numpy as np

def conv1d(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)
    return np.einsum("ncpr,kcr->nkp", windows, w)
"""
_KERNELS = {"right": _RIGHT, "rotated": _RIGHT.replace(", w)\n", ", w[:, :, ::-1])\n")}


@pytest.fixture
def check_conv1d(own_folder: None) -> Callable[..., int]:
    """Checks `kernel.py:conv1d`, which is ``right`` or ``rotated``, with more options; gives the exit code."""

    def check(kernel: str, *more: str) -> int:
        Path("kernel.py").write_text(_KERNELS[kernel])
        options = ("--cases", "12", "--in-process", "--dtypes", "float64", "--ranks", "1", "--min-compared", "0")
        return main(["check", "kernel.py:conv1d", *options, *more])

    return check


class _Quick(InProcess):
    """No process of its own; some candidates are not installed."""

    def __init__(self, candidate: object, limits: object) -> None:
        if candidate in BUILT_IN and candidate != "reference":
            raise CandidateError(f"candidate {candidate!r} needs a framework")
        super().__init__(candidate)


@pytest.fixture
def quick_candidates(own_folder: None, monkeypatch: pytest.MonkeyPatch) -> None:
    """The candidates of `adapter` and `support`; one of them is in the folder."""
    for module in (adapter_command, support_command):
        monkeypatch.setattr(module, "Isolated", _Quick)
    Path("zero.py").write_text("version = '1'\ndef conv1d(x, w): return x * 0\n")
