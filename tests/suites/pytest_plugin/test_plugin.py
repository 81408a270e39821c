"""The pytest plugin: what a user's own tests see."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from convoracle.reports import read_run
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.pytest_plugin.settings import PROFILE_NAMES

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


def test_ids_are_stable_and_collected_without_a_run(pytester: pytest.Pytester, tmp_path: Path) -> None:
    out = tmp_path / "report"
    result = pytester.runpytest_subprocess(
        *OPTIONS, "--collect-only", "-q", f"--conv-candidate={MUTANTS}:Honest", f"--conv-report={out}"
    )
    result.stdout.fnmatch_lines([f"{MUTANTS}:Honest::structure[[]forward]", f"{MUTANTS}:Honest::company[[]forward]"])
    assert not out.exists()


def test_the_report_is_written_once_also_under_xdist(pytester: pytest.Pytester, tmp_path: Path) -> None:
    out = tmp_path / "report"
    candidates = (f"--conv-candidate={MUTANTS}:{name}" for name in ("Honest", "KernelNotFlipped"))
    result = pytester.runpytest_subprocess(*OPTIONS, "-n", "2", f"--conv-report={out}", *candidates)
    result.assert_outcomes(passed=41, failed=1)
    result.stdout.fnmatch_lines([f"convoracle: report: {out}/index.html"])
    finished = read_run(out)
    assert [info.name for info in finished.info.candidates] == ["mutants.py:Honest", "mutants.py:KernelNotFlipped"]
    assert finished.info.command.startswith("pytest ")
    assert [mismatch.subject for mismatch in finished.mismatches] == ["input_gradient"]
    assert (out / "junit.xml").exists()


def test_only_the_candidates_of_selected_tests_are_examined(pytester: pytest.Pytester, tmp_path: Path) -> None:
    out = tmp_path / "report"
    candidates = [f"--conv-candidate={MUTANTS}:{name}" for name in ("Honest", "KernelNotFlipped")]
    failing = pytester.runpytest_subprocess("-x", *candidates, "-k", "structure and input_gradient")
    failing.assert_outcomes(passed=1, failed=1, deselected=40)
    again = pytester.runpytest_subprocess("--lf", f"--conv-report={out}", *candidates)
    again.assert_outcomes(failed=1, deselected=41)
    assert [info.name for info in read_run(out).info.candidates] == ["mutants.py:KernelNotFlipped"]


def test_the_configuration_file_names_candidates_profile_and_report(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(kernels="def conv1d(x, w):\n    raise NotImplementedError('later')\n")
    pytester.makeini(
        "[pytest]\nconv_candidates =\n    kernels.py:conv1d\nconv_profile = quick\nconv_seed = 3\nconv_report = out\n"
    )
    (pytester.path / "below").mkdir()
    result = pytester.runpytest_subprocess(*OPTIONS, "-k", "structure", "--rootdir", str(pytester.path))
    result.assert_outcomes(failed=1, deselected=4)
    result.stdout.fnmatch_lines(["*not one result was compared: *later*", "convoracle: report: *out/index.html"])
    assert read_run(pytester.path / "out").info.seed == 3


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("conv_profile = fast", "conv_profile = 'fast', but should be one of quick, standard, deep"),
        ("conv_seed = -1", "conv_seed = '-1', but should be an integer of at least 0"),
    ],
)
def test_a_wrong_configuration_is_a_usage_error(line: str, told: str, pytester: pytest.Pytester) -> None:
    pytester.makeini(f"[pytest]\n{line}\n")
    pytester.makepyfile("def test_it(conformance): ...")
    result = pytester.runpytest_subprocess(*OPTIONS, "--conv-candidate=reference")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*{told}*"])


def test_two_candidates_of_one_name_are_a_usage_error(pytester: pytest.Pytester) -> None:
    for folder in ("a", "b"):
        (pytester.mkdir(folder) / "kernels.py").write_text("def conv1d(x, w): ...")
    named = (f"--conv-candidate={folder}/kernels.py:conv1d" for folder in ("a", "b"))
    result = pytester.runpytest_subprocess(*OPTIONS, *named)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*a/kernels.py:conv1d and b/kernels.py:conv1d are both called kernels.py:conv1d*"])


MARKED = """
    import numpy as np
    import pytest

    def conv1d(x, w):
        if x.shape[2] < w.shape[2]:
            raise NotImplementedError("no window")
        windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], 2)
        return np.einsum("ncir,kcr->nki", windows, w{flipped})

    @pytest.mark.conformance(conv1d, dtypes=["float64"], cases=20)
    def test_conv1d(conv_check):
        conv_check()

    def test_other(): ...
"""


@pytest.mark.parametrize(("flipped", "failed"), [("", 0), ("[:, :, ::-1]", 1)])
def test_a_marked_candidate_has_a_test_for_each_check_and_pass(
    flipped: str, failed: int, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(MARKED.format(flipped=flipped))
    result = pytester.runpytest_subprocess(*OPTIONS, "-v")
    counts = result.parseoutcomes()
    assert (counts.get("failed", 0), sum(counts.values())) == (failed, 6)
    result.stdout.fnmatch_lines(["*::test_conv1d[[]structure-forward] *"])
    if failed:
        result.stdout.fnmatch_lines(["*forward of conv1d violates structure*", "*FAILED *structure-forward*"])


def test_every_test_of_a_candidate_has_the_marker(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(MARKED.format(flipped="") + "\n    def test_fixture(conformance): ...\n")
    arguments = (*OPTIONS, f"--conv-candidate={MUTANTS}:Honest", "--strict-markers", "--collect-only", "-q")
    result = pytester.runpytest_subprocess(*arguments, "-m", "not conformance")
    result.stdout.fnmatch_lines(["*::test_other", "1/28 tests collected (27 deselected)*"])


@pytest.mark.parametrize(
    ("marker", "told"),
    [
        ("", "conv_check wants a marker with one candidate: @pytest.mark.conformance(candidate=my_conv2d"),
        ("@pytest.mark.conformance('reference', candidate='reference')", "wants a marker with one candidate"),
        ("@pytest.mark.conformance(42)", "with none of the functions of a candidate"),
        ("@pytest.mark.conformance('reference', ranks=[9])", "ranks=(9,), but should be some of 1, 2"),
        ("@pytest.mark.conformance('reference', rank=2)", "unexpected keyword argument 'rank'"),
    ],
)
def test_a_marker_that_cannot_be_used_is_an_error_of_collection(
    marker: str, told: str, pytester: pytest.Pytester
) -> None:
    pytester.makepyfile(f"import pytest\n\n{marker}\ndef test_it(conv_check):\n    conv_check()\n")
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([f"*{told.replace('[', '[[]')}*"])
    result.stdout.no_fnmatch_line("*Traceback*")


SILENT = """
    import pytest

    class MyConvolution:
        def __init__(self, wanted=None):
            self.wanted = wanted

        def forward(self, input, weight):
            return 0 * input

"""


def test_a_marker_that_marks_the_candidate_itself_is_an_error(pytester: pytest.Pytester) -> None:
    """pytest takes a class or function without other arguments for what is marked: the test was lost, and all green."""
    test = "def test_it(conv_check):\n        conv_check()\n\n    def test_other(): ...\n"
    pytester.makepyfile(f"{SILENT}    @pytest.mark.conformance(MyConvolution)\n    {test}")
    result = pytester.runpytest_subprocess(*OPTIONS)
    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*write @pytest.mark.conformance(candidate=MyConvolution)"])
    pytester.makepyfile(f"{SILENT}    @pytest.mark.conformance(candidate=MyConvolution)\n    {test}")
    result = pytester.runpytest_subprocess(*OPTIONS, "-k", "structure or other")
    result.assert_outcomes(passed=1, failed=1, deselected=4)


def test_what_never_judges_is_not_green(pytester: pytest.Pytester) -> None:
    marker = "@pytest.mark.conformance('reference', cases=1, passes=['forward'])"
    pytester.makepyfile(
        f"import pytest\n\n{marker}\ndef test_it(conv_check): ...\n\n"
        f"{marker}\ndef test_skipped(conv_check):\n    pytest.skip('another day')\n"
    )
    result = pytester.runpytest_subprocess(*OPTIONS, "-k", "structure-forward")
    result.assert_outcomes(failed=1, skipped=1, deselected=result.parseoutcomes()["deselected"])
    result.stdout.fnmatch_lines(["*conv_check was not called: nothing was judged*"])
    pytester.makepyfile(f"import pytest\n\n{marker}\ndef test_it(): ...\n")
    result = pytester.runpytest_subprocess(*OPTIONS)
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*::test_it: its marker conformance names a candidate, which nothing examines*"])


def test_a_report_goes_into_no_folder_of_something_else(pytester: pytest.Pytester) -> None:
    (pytester.mkdir("mine") / "notes.txt").write_text("keep")
    result = pytester.runpytest_subprocess(*OPTIONS, "--conv-candidate=reference", "--conv-report=mine")
    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines(["*--conv-report: folder='*mine', but should be new, empty, or the folder of an earl*"])
    assert (pytester.path / "mine" / "notes.txt").read_text() == "keep"


def test_projects_with_rooms_of_the_same_names(pytester: pytest.Pytester) -> None:
    """Their own `reports`, `suites` and `oracle` are theirs."""
    for room in ("reports", "suites"):
        (pytester.mkdir(room) / "__init__.py").write_text("MINE = True\n")
    pytester.makepyfile(oracle="MINE = True\n")
    pytester.makepyfile(
        """
        import oracle, reports, suites

        def test_mine(conformance):
            assert oracle.MINE and reports.MINE and suites.MINE
            conformance.check("reference", cases=3, passes=["forward"])
        """
    )
    result = pytester.runpytest_subprocess(
        *OPTIONS, "--conv-candidate=reference", "-k", "mine or structure", "-p", "no:randomly"
    )
    result.assert_outcomes(passed=10, deselected=37)
    result.stdout.fnmatch_lines(["collected 47 items / 37 deselected / 10 selected"])
