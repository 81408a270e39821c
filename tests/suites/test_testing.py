"""The kit of tests for adapters: green on a right one, red on a wrong one, and what is declined is skipped."""

from __future__ import annotations

import pytest

pytest_plugins = ["pytester"]

ADAPTER = """
    import numpy as np
    from convoracle.suites.testing import AdapterConformance

    class Adapter:
        name = "mine"
        version = "1.0"
        dtypes = ["float32", "float64"]

        def forward(self, x, w, *, stride, padding):
            (sh, sw), (ph, pw) = stride, padding
            x = np.pad(x, ((0, 0), (0, 0), (ph, ph), ({low}, {low})))
            if any(size < reach for size, reach in zip(x.shape[2:], w.shape[2:])):
                raise NotImplementedError("no window")
            windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2:], (2, 3))[:, :, ::sh, ::sw]
            return np.tensordot(windows, w, ((1, 4, 5), (1, 2, 3))).transpose(0, 3, 1, 2)

        domain = {{"ranks": [2]}}

    TestAdapter = AdapterConformance(Adapter)
    TestNamed = AdapterConformance(f"{{__file__}}:Adapter")
"""


def test_a_right_adapter_passes_and_what_it_declines_is_skipped(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ADAPTER.format(low="pw"))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-v", "-rs")
    counts = result.parseoutcomes()
    assert "failed" not in counts
    assert counts["passed"] > 6 < counts["skipped"]
    result.stdout.fnmatch_lines_random(
        [
            "*::TestAdapter::test_feature[[]padding] PASSED*",
            "*::TestAdapter::test_feature[[]3-D] SKIPPED*",
            "*::TestAdapter::test_arithmetic[[]float64] PASSED*",
            "*::TestAdapter::test_arithmetic[[]float16] SKIPPED*",
            "*::TestAdapter::test_call_to_paste[[]forward] SKIPPED*",
            "*::TestNamed::test_call_to_paste[[]forward] PASSED*",
            "*::TestAdapter::test_fresh_process PASSED*",
            "*not supported; declines: *",
        ]
    )


def test_a_wrong_adapter_fails_where_it_is_wrong(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(ADAPTER.format(low="ph"))
    result = pytester.runpytest_subprocess("-p", "no:cacheprovider", "-v")
    result.stdout.fnmatch_lines(["*::test_feature[[]padding] FAILED*"])
    result.stdout.fnmatch_lines(["*::test_feature[[]stride] PASSED*"])
    result.stdout.fnmatch_lines(["*forward violates on n2c3k4i7x6f3x2p1x2/*look for two that are exchanged*"])
