"""`check --corpus` and `replay`, end to end: full size, shrunk, a planted fault, wrong usage."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.reports import read_mismatch, read_records, read_run
from convoracle.suites.command.cli import main

CANDIDATE = """
from convoracle.oracle.answers import reference


class Honest:
    def forward(self, input, weight, bias, geometry):
        return reference.forward(input, weight, geometry, bias)


class Careless:
    '''Drops the last output channel's first tap where there are many channels.'''

    def forward(self, input, weight, geometry):
        if weight.shape[0] > 16:
            weight = weight.copy()
            weight[(-1, 0, *[0] * geometry.rank)] = 0
        return reference.forward(input, weight, geometry)
"""
CORPUS = """
mb1ic16ih56oc32oh56kh3ph1n"large"
mb1ic4ih9oc8oh5kh3sh2ph1n"small"
--deconv mb1ic4iw5oc6ow10kw3sw2pw1n"up"
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "own.py").write_text(CANDIDATE)
    (tmp_path / "own.txt").write_text(CORPUS)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def _check(candidate: str, *options: str) -> int:
    return main(["check", f"own.py:{candidate}", "--corpus", "own.txt", "--in-process", "--out", "report", *options])


def test_full_size_conforms_and_is_recorded_with_its_origin(home: Path) -> None:
    assert _check("Honest") == 0
    run = read_run(home / "report")
    records = list(read_records(home / "report"))
    assert [record.origin for record in records] == ["own.txt:large", "own.txt:small", "own.txt:up"]
    assert records[0].case.startswith("n1c16k32i56x56f3x3p1x1/bias/float32/")
    assert run.info.profile == "corpus own.txt"


def test_shrunk_entries_are_labelled(home: Path) -> None:
    assert _check("Honest", "--max-products", "3000", "--batch", "2") == 0
    run = read_run(home / "report")
    records = list(read_records(home / "report"))
    assert records[0].origin == "own.txt:large, shrunk"
    assert records[2].case.startswith("n2c4k6i5f3s2p1to1/")
    assert run.info.profile == "corpus own.txt, batch 2, shrunk to 3000 products"


def test_a_fault_at_full_size_is_found_shrunk_and_replayed(home: Path) -> None:
    assert _check("Careless") == 1
    (found,) = (home / "report" / "mismatches").iterdir()
    mismatch, evidence = read_mismatch(found)
    assert mismatch.origin == "own.txt:large, shrunk"
    assert mismatch.found.startswith("n1c16k32i56x56f3x3p1x1/float32/")
    assert evidence.operands.weight.shape[0] in range(17, 33)
    assert evidence.operands.input.size <= 4
    assert "own.txt:large, shrunk" in (found / "index.html").read_text()
    assert "own.txt:large, shrunk" in (home / "report" / "junit.xml").read_text()
    assert main(["replay", str(found), "--candidate", "own.py:Careless", "--in-process"]) == 1
    assert main(["replay", str(found), "--candidate", "own.py:Honest", "--in-process"]) == 0


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--corpus", "resnet51"), "resnet51"),
        (("--corpus", "own.py"), "own.py:2]"),
        (("--corpus", "resnet50", "--cases", "3"), "cases=3"),
        (("--batch", "3"), "with --corpus only"),
        (("--max-products", "3"), "with --corpus only"),
        (("--corpus", "resnet50", "--ranks", "1"), "1 spatial axes"),
    ],
)
def test_wrong_usage_is_told(
    options: tuple[str, ...], told: str, home: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["check", "own.py:Honest", "--in-process", "--out", "report", *options]) == 2
    assert told in capsys.readouterr().err
    assert not (home / "report").exists()
