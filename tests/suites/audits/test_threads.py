"""Whether sums depend on the number of threads is told of candidates that do, do not, and cannot be asked."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from convoracle.oracle.problem.passes import Pass
from convoracle.suites.audits.threads import DIVIDED, cards_of_threads
from convoracle.suites.calling.replies import Limits

_SOURCE = """import os, threading
import numpy as np

def sums(x, w, parts):
    n, c, height, width = x.shape
    padded = np.pad(x, ((0, 0), (0, 0), (1, 1), (1, 1)))
    windows = np.lib.stride_tricks.sliding_window_view(padded, (3, 3), axis=(2, 3))
    columns = windows.transpose(1, 4, 5, 0, 2, 3).reshape(-1, n, height, width)
    weights = w.reshape(len(w), -1)
    total = []
    for part in np.array_split(np.arange(len(columns)), parts):
        one = np.zeros((n, len(w), height, width), x.dtype)
        for k in part:
            one = one + columns[k][:, None] * weights[:, k][None, :, None, None]
        total.append(one)
    return sum(total[1:], total[0])

class Splitting:
    domain = {"ranks": [2], "kernels": [3], "paddings": [1], "strides": [1], "dilations": [1], "groups": [1]}
    domain |= {"transposed": "no", "bias": "no"}
    dtypes = ["float32"]

    def forward(self, input, weight, geometry):
        return sums(input, weight, int(os.environ["OMP_NUM_THREADS"]))

class Steady(Splitting):
    def forward(self, input, weight, geometry):
        while threading.active_count() < int(os.environ["OMP_NUM_THREADS"]):
            threading.Thread(target=threading.Event().wait, daemon=True).start()
        return sums(input, weight, 1)

class Single(Splitting):
    def forward(self, input, weight, geometry):
        return sums(input, weight, 1)
"""

_MOST = len(os.sched_getaffinity(0))
pytestmark = pytest.mark.skipif(_MOST < 2, reason="one processor")


@pytest.fixture(autouse=True)
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def _found(name: str):  # type: ignore[no-untyped-def]
    Path("own.py").write_text(_SOURCE)
    ((geometry, card),) = cards_of_threads(f"own.py:{name}", Limits(), (Pass.FORWARD,), ("float32",))
    assert geometry == DIVIDED
    (finding,) = card.findings
    assert finding.line == "threads"
    return finding


def test_parts_for_each_thread_are_seen_and_the_orders_told() -> None:
    finding = _found("Splitting")
    assert finding.value == "differs"
    assert f"with 1, 64 in sequence (64 of 144 terms); with {_MOST}, {_MOST} blocks of" in finding.told


def test_the_same_bits_of_more_threads_are_the_same() -> None:
    assert _found("Steady").value == "same"


def test_where_there_are_no_more_threads_nothing_was_asked() -> None:
    finding = _found("Single")
    assert finding.value is None
    assert "not asked, its processes have" in finding.told
