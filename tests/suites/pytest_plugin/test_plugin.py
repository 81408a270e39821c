"""The pytest plugin: what a user's own tests see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.pytest_plugin.plugin import PROFILE_NAMES

pytest_plugins = ["pytester"]
MUTANTS = Path(__file__).parents[1] / "mutants.py"
OPTIONS = ("-p", "no:cacheprovider")

WRONG_CONV = """
    import numpy as np

    def my_conv2d(x, w, stride=(1, 1), padding=(0, 0)):
        (sh, sw), (ph, pw) = stride, padding
        x = np.pad(x, ((0, 0), (0, 0), (ph, ph), (pw, pw)))
        rows, columns = w.shape[2:]
        h = (x.shape[2] - rows) // sh + 1
        v = (x.shape[3] - columns) // {wrong} + 1
        out = np.zeros((x.shape[0], w.shape[0], h, v), x.dtype)
        for i in range(h):
            for j in range(v):
                window = x[:, :, i * sh : i * sh + rows, j * {wrong} : j * {wrong} + columns]
                out[:, :, i, j] = np.tensordot(window, w, ((1, 2, 3), (1, 2, 3)))
        return out

    def test_my_conv2d(conformance):
        conformance.check(my_conv2d)
"""


def test_profile_names_are_those_that_exist() -> None:
    assert tuple(PROFILES) == PROFILE_NAMES


def test_a_wrong_function_fails_with_its_smallest_counterexample(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(WRONG_CONV.format(wrong="sh"))
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        [
            "*forward of my_conv2d violates structure*",
            "*geometry n1c1k1i*",
            "*needs: *a stride that differs between axes*",
        ]
    )
    result.stdout.no_fnmatch_line("*Traceback*")
    result.stdout.no_fnmatch_line("*conformance.py*")


def test_a_right_function_passes_also_defined_inside_a_test(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(WRONG_CONV.format(wrong="sw"))
    pytester.runpytest_subprocess(*OPTIONS).assert_outcomes(passed=1)


def test_scope_and_misuse_are_told(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        import pytest

        def conv1d(x, w): ...

        def test_passes(conformance):
            with pytest.raises(ValueError, match="passes='backward', but should be some of forward"):
                conformance.check(conv1d, passes=["backward"])

        def test_ranks(conformance):
            with pytest.raises(ValueError, match="ranks=.7,., but should be some of 1, 2, 3"):
                conformance.check(conv1d, ranks=[7])

        def test_no_cases(conformance):
            with pytest.raises(ValueError, match="cases=0, but should be an integer of at least 1"):
                conformance.check(conv1d, cases=0)

        def test_one_is_a_list_too(conformance):
            with pytest.raises(ValueError, match="passes='forward', but should be a list"):
                conformance.check(conv1d, passes="forward")

        def test_no_ranks(conformance):
            with pytest.raises(ValueError, match="should be some of 1, 2, 3"):
                conformance.check(conv1d, ranks=[])

        def test_no_candidate(conformance):
            with pytest.raises(ValueError, match="none of the functions of a candidate"):
                conformance.check(42)

        def test_nothing_compared(conformance):
            def nothing(x, w):
                raise NotImplementedError("later")
            conformance.check(nothing)
        """
    )
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(passed=6, failed=1)
    result.stdout.fnmatch_lines(["*nothing: not one result was compared: *later*"])


def test_a_candidate_on_the_command_line_is_a_test_for_each_check_and_pass(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(*OPTIONS, "-v", f"--conv-candidate={MUTANTS}:KernelNotFlipped")
    result.assert_outcomes(passed=20, failed=1)
    result.stdout.fnmatch_lines(
        ["*mutants.py:KernelNotFlipped::structure?forward? PASSED*", "*::structure?input_gradient? FAILED*"]
    )
    result.stdout.fnmatch_lines(["*input_gradient of mutants.py:KernelNotFlipped violates structure*"])


def test_the_added_tests_can_be_selected(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(
        *OPTIONS, f"--conv-candidate={MUTANTS}:Honest", "-k", "structure and forward"
    )
    result.assert_outcomes(passed=1, deselected=20)


def test_it_works_under_xdist(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(*OPTIONS, "-n", "2", f"--conv-candidate={MUTANTS}:Honest")
    result.assert_outcomes(passed=21)


def test_a_candidate_that_cannot_be_loaded_is_a_usage_error(pytester: pytest.Pytester) -> None:
    result = pytester.runpytest_subprocess(*OPTIONS, "--conv-candidate=nowhere.py:conv")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--conv-candidate: there is no file nowhere.py*"])


def test_start_up_loads_nothing_heavy() -> None:
    module = "convoracle.suites.pytest_plugin.plugin"
    script = f"import {module}, sys; print([m for m in sys.modules if m.split('.')[0] in %r])"
    heavy = ("numpy", "hypothesis", "torch", "tensorflow", "ml_dtypes", "rich", "jinja2")
    found = subprocess.run([sys.executable, "-c", script % (heavy,)], capture_output=True, text=True, check=True)
    assert found.stdout.strip() == "[]"
