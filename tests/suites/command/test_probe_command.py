"""`convoracle probe`: the card of a candidate of one's own, and that what it writes is what was to be declared."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

from convoracle.suites.command.cli import main

_SCHEMA = Path(__file__).parents[3] / "docs" / "cards.schema.json"
_TF32 = """import numpy as np

def cut(values):
    return (values.astype(np.float32).view(np.uint32) + np.uint32(0x1000) & np.uint32(0xFFFFE000)).view(np.float32)

class Convolution:
    domain = {"ranks": [1], "transposed": "no", "bias": "no", "groups": [1], "padding_modes": ["zeros"]}
    dtypes = ["float32"]
    {declared}

    def forward(self, input, weight, geometry):
        (stride,), (dilation,), (sides,) = geometry.stride, geometry.dilation, geometry.padding
        padded = np.pad(cut(input), ((0, 0), (0, 0), sides))
        reach = (weight.shape[2] - 1) * dilation + 1
        windows = np.lib.stride_tricks.sliding_window_view(padded, reach, axis=2)[:, :, ::stride, ::dilation]
        terms = np.einsum("ncpr,kcr->nkpcr", windows, cut(weight))
        total = np.zeros(geometry.output_shape, np.float32)
        for term in np.ndindex(terms.shape[3:]):
            total = total + terms[(..., *term)]
        return total
"""


@pytest.fixture
def tf32(own_folder: None) -> Path:
    path = Path("tf32.py")
    path.write_text(_TF32.replace("{declared}", "accumulators = {}"))
    return path


_ONE = ("--geometries", "small", "--passes", "forward")
_CHECK = ("--cases", "24", "--in-process", "--dtypes", "float32", "--ranks", "1", "--min-compared", "0")


def _probe(*more: str) -> int:
    return main(["probe", "tf32.py:Convolution", *_ONE, *more])


@pytest.mark.usefixtures("tf32")
def test_what_is_written_is_the_declaration_that_was_missing() -> None:
    assert main(["check", "tf32.py:Convolution", *_CHECK]) == 1
    assert _probe("--write", "declared.py") == 0
    declared = Path("declared.py").read_text().strip()
    assert declared == 'multipliers = {"float32": "tfloat32"}'
    Path("tf32.py").write_text(_TF32.replace("{declared}", declared))
    assert main(["check", "tf32.py:Convolution", *_CHECK]) == 0


@pytest.mark.usefixtures("tf32")
def test_the_card_has_a_line_for_each_property(capsys: pytest.CaptureFixture[str]) -> None:
    assert _probe() == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "float32"
    told = {line[2:28].strip(): line[28:] for line in lines}
    assert told["input"] == "kept to 11 bits"
    assert told["rounding of the input"] == "to nearest, ties away from zero"
    assert told["order"] == "12 in sequence"
    assert "  measured, on random numbers; errors in u S, u = 2^-24 (float32)" in lines
    assert "of 12 allowed [small]" in told["forward"]
    assert "; 0% of 96 within half an ULP" in told["forward"]
    assert lines[-1] == 'multipliers = {"float32": "tfloat32"}'


@pytest.mark.usefixtures("tf32")
def test_the_document_says_the_same_and_fits_its_schema(capsys: pytest.CaptureFixture[str]) -> None:
    assert _probe("--json", "--out", "cards.json") == 0
    document = json.loads(capsys.readouterr().out)
    assert json.loads(Path("cards.json").read_text()) == document
    jsonschema.validate(document, json.loads(_SCHEMA.read_text()))
    assert document["cards"][0]["measured"]["errors"]["largest"] > 2.0**-12
    assert [rung["terms"] for rung in document["growth"][0]["rungs"]] == [8, 32, 128, 512, 2048, 8192, 32768]
    assert document["declarations"]["multipliers"] == {"float32": "tfloat32"}
    assert {finding["line"]: finding["value"] for finding in document["cards"][0]["findings"]}["sums"] == 24


@pytest.mark.usefixtures("own_folder")
def test_a_candidate_that_raises_or_dies_is_told_of_and_ends_with_1(capsys: pytest.CaptureFixture[str]) -> None:
    Path("bad.py").write_text(
        "import os\ndef raising(x, w):\n    raise ValueError('not today')\ndef dying(x, w):\n    os._exit(3)\n"
    )
    told = []
    for name in ("raising", "dying"):
        assert main(["probe", f"bad.py:{name}", "--geometries", "small", "--passes", "forward"]) == 1
        told.append(capsys.readouterr().out)
    assert "not determined: it raised ValueError: not today" in told[0]
    assert "not determined: its process ended: exit code 3" in told[1]


def test_a_file_that_cannot_be_written_is_refused_before_the_work(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["probe", "reference", "--out", "no/such/folder/cards.json"]) == 2
    assert "--out" in capsys.readouterr().err


@pytest.mark.usefixtures("tf32")
def test_the_page_says_the_same() -> None:
    assert _probe("--page", "card.html") == 0
    text = Path("card.html").read_text("utf-8")
    assert "12 in sequence" in text
    assert "multipliers = {&#34;float32&#34;: &#34;tfloat32&#34;}" in text


@pytest.mark.usefixtures("tf32")
def test_cards_that_are_added_to_a_run_stand_in_its_report_and_changes_are_told(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert main(["check", "tf32.py:Convolution", *_CHECK, "--out", "before"]) == 1
    assert _probe("--into", "before") == 0
    text = Path("before/identity/index.html").read_text("utf-8")
    assert "12 in sequence" in text
    assert 'href="../matrix/index.html"' in text
    assert 'href="identity/index.html"' in Path("before/index.html").read_text("utf-8")
    pages = list(Path("before/mismatches").glob("*/index.html"))
    assert pages
    assert all('href="../../identity/index.html#candidate-0"' in page.read_text("utf-8") for page in pages)

    Path("tf32.py").write_text(_TF32.replace("{declared}", "accumulators = {}").replace("0x1000", "0"))
    main(["check", "tf32.py:Convolution", *_CHECK, "--out", "after"])
    assert _probe("--into", "after") == 0
    capsys.readouterr()
    main(["diff", "before", "after"])
    told = capsys.readouterr().out
    assert "identity cards: found otherwise:\n" in told
    line = "float32 rounding of the input: to nearest, ties away from zero -> toward zero"
    assert f"  tf32.py:Convolution: {line}" in told
