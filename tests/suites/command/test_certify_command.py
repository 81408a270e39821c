"""`convoracle certify --out`: what was certified, as a page and as a document."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from convoracle.suites.command.cli import main


@pytest.mark.usefixtures("own_folder")
def test_what_was_certified_is_written_with_how_sure_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    Path("own.txt").write_text("mb2ic4oc4ih8kh3ph1\n")
    assert main(["certify", "reference", "--corpus", "own.txt", "--passes", "forward", "--out", "report"]) == 0
    assert "1 of 1 result certified" in capsys.readouterr().out
    document = json.loads(Path("report/certificates.json").read_text())
    (row,) = document["rows"]
    assert (row["subject"], row["outcome"], row["elements"]) == ("forward", "conforms", 512)
    assert row["miss"] <= 2.0**-40
    text = Path("report/index.html").read_text("utf-8")
    assert "proven&nbsp;right" in text
    assert "512" in text


@pytest.mark.usefixtures("own_folder")
def test_a_file_in_the_place_of_the_folder_is_refused_before_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    Path("taken").write_text("mine")
    assert main(["certify", "reference", "--corpus", "resnet50", "--out", "taken"]) == 2
    assert "out='taken', but should be a folder, or new" in capsys.readouterr().err
    assert Path("taken").read_text() == "mine"


_KERNEL = """import numpy as np

version = "1"
dtypes = ["float64"]

def conv1d(x, w):
    windows = np.lib.stride_tricks.sliding_window_view(x, w.shape[2], axis=2)
    result = np.einsum("ncpr,kcr->nkp", windows, w)
    if result.shape[2] > 500:
        result[0, 0, 500] += 1
    return result
"""
_ASKED = ("--cases", "12", "--in-process", "--dtypes", "float64", "--ranks", "1", "--min-compared", "0")


@pytest.mark.usefixtures("own_folder")
def test_a_wrong_layer_keeps_the_run_that_it_is_added_to_from_passing(capsys: pytest.CaptureFixture[str]) -> None:
    Path("kernel.py").write_text(_KERNEL)
    assert main(["check", "kernel.py:conv1d", *_ASKED, "--out", "run"]) == 0
    assert json.loads(Path("run/summary.json").read_text())["passes"]
    Path("small.txt").write_text("mb1ic2oc2iw64kw3\n")
    Path("large.txt").write_text("mb1ic2oc2iw1024kw3\n")
    certify = ["certify", "kernel.py:conv1d", "--dtypes", "float64", "--passes", "forward", "--into", "run", "--corpus"]
    assert main([*certify, "small.txt"]) == 0
    assert json.loads(Path("run/summary.json").read_text())["passes"]
    assert "1 of 1 proven right" in Path("run/index.html").read_text("utf-8")
    shutil.copytree("run", "before")

    assert main([*certify, "large.txt"]) == 1
    summary = json.loads(Path("run/summary.json").read_text())
    assert not summary["passes"]
    assert summary["complaints"] == [
        "kernel.py:conv1d: 1 result of a whole layer is wrong: large.txt:1 forward float64"
    ]
    assert json.loads(Path("run/badge.json").read_text())["color"] == "red"
    assert "but 1 result of a whole layer is wrong" in Path("run/index.html").read_text("utf-8")
    assert "1 of 2 results certified; 1 violates" in Path("run/certificates/index.html").read_text("utf-8")
    capsys.readouterr()
    assert main(["show", "run"]) == 0
    assert "1 result of a whole layer is wrong: large.txt:1 forward float64" in capsys.readouterr().out
    assert main(["diff", "before", "run"]) == 1
    told = capsys.readouterr().out
    assert told.startswith("1 fault is new")
    assert (
        "whole layers: wrong, and not known to be:\n  large.txt:1 forward float64 of kernel.py:conv1d: violates" in told
    )
    assert main(["diff", "run", "before"]) == 0
    assert "whole layers: proven or wrong before, and now neither:" in capsys.readouterr().out
    assert main(["merge", "before", "run", "--out", "whole"]) == 1
    assert "2 results" in Path("whole/certificates/index.html").read_text("utf-8")


@pytest.mark.usefixtures("own_folder")
def test_what_a_run_did_not_examine_is_refused_before_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    Path("kernel.py").write_text(_KERNEL)
    main(["check", "kernel.py:conv1d", *_ASKED, "--out", "run"])
    capsys.readouterr()
    assert main(["certify", "reference", "--corpus", "resnet50", "--into", "run"]) == 2
    told = capsys.readouterr()
    assert "should be a run that examined reference" in told.err
    assert "certified" not in told.out
    assert main(["certify", "reference", "--corpus", "resnet50", "--into", "nowhere"]) == 2
    assert "nowhere/run.json: there is no such file" in capsys.readouterr().err


_CUT = """import numpy as np

from convoracle.oracle.answers import reference
from convoracle.oracle.problem.passes import Pass


class Narrow:
    passes = frozenset({Pass.FORWARD})

    def evaluate(self, pass_, operands, geometry):
        def cut(array):
            return (array.view(np.uint32) & 0xFFFFE000).view(np.float32).astype(np.float64)

        return reference.evaluate(pass_, operands.map(cut), geometry).astype(np.float32)
"""


@pytest.mark.usefixtures("own_folder")
def test_real_numbers_are_asked_for_and_told_apart(capsys: pytest.CaptureFixture[str]) -> None:
    Path("narrow.py").write_text(_CUT)
    Path("own.txt").write_text("mb2ic4oc4ih8oh8kh3ph1\n")
    asked = ["certify", "narrow.py:Narrow", "--corpus", "own.txt"]
    assert main([*asked, "--out", "integers"]) == 0
    assert main([*asked, "--reals", "--out", "both"]) == 1
    told = capsys.readouterr().out
    assert "1 of 1 result certified; 0 of 1 result within the bound on real numbers; 1 violates" in told
    integers, reals = json.loads(Path("both/certificates.json").read_text())["rows"]
    assert (integers["numbers"], integers["outcome"]) == ("integers", "conforms")
    assert (reals["numbers"], reals["outcome"], reals["miss"]) == ("reals", "violates", None)
    assert "real&nbsp;numbers" in Path("both/index.html").read_text("utf-8")
    assert "real&nbsp;numbers" not in Path("integers/index.html").read_text("utf-8")


@pytest.mark.usefixtures("own_folder")
def test_a_layer_that_rounds_worse_than_it_says_keeps_its_run_from_passing() -> None:
    Path("narrow.py").write_text(_CUT)
    Path("own.txt").write_text("mb2ic4oc4ih8oh8kh3ph1\n")
    few = ("--cases", "2", "--in-process", "--dtypes", "float32", "--checks", "structure", "--min-compared", "0")
    assert main(["check", "narrow.py:Narrow", *few, "--out", "run"]) == 0
    assert main(["certify", "narrow.py:Narrow", "--corpus", "own.txt", "--into", "run"]) == 0
    assert json.loads(Path("run/summary.json").read_text())["passes"]
    assert main(["certify", "narrow.py:Narrow", "--corpus", "own.txt", "--reals", "--into", "run"]) == 1
    summary = json.loads(Path("run/summary.json").read_text())
    assert not summary["passes"]
    assert any("own.txt:1 forward float32, real numbers" in complaint for complaint in summary["complaints"])
    assert "certificate[own.txt:1 forward float32, real numbers]" in Path("run/junit.xml").read_text("utf-8")
    page = Path("run/index.html").read_text("utf-8")
    assert "1 of 1 proven right, 0 of 1 within their bound" in page


@pytest.mark.usefixtures("own_folder")
def test_a_layer_beyond_a_budget_of_memory_is_asked_in_parts_and_told_so(capsys: pytest.CaptureFixture[str]) -> None:
    Path("own.txt").write_text("mb4ic16ih64oc16oh64kh3ph1\n")
    asked = ["certify", "reference", "--corpus", "own.txt", "--passes", "forward", "--reals", "--out", "report"]
    assert main([*asked, "--max-memory", "8MiB"]) == 0
    told = capsys.readouterr().out
    assert "262,144 elements are right, but for a probability of 2^-4" in told
    assert told.count(", in 2 parts of 2 images") == 2
    rows = json.loads(Path("report/certificates.json").read_text())["rows"]
    assert [(row["numbers"], row["parts"], row["images"]) for row in rows] == [("integers", 2, 2), ("reals", 2, 2)]
    page = Path("report/index.html").read_text("utf-8")
    assert "proven&nbsp;right, in 2 parts of up to 2 images" in page
    assert main([*asked, "--max-memory", "1MiB"]) == 1
    assert "undecided: one image takes 2.79 MiB of memory" in capsys.readouterr().out


@pytest.mark.parametrize("size", ["0GiB", "4GB", "4", "GiB", "-1GiB"])
def test_other_amounts_of_memory_are_refused(size: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["certify", "reference", "--corpus", "resnet50", f"--max-memory={size}"])
    assert "should be an amount of memory: 512MiB, 4GiB" in capsys.readouterr().err
