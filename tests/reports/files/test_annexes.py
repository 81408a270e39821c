"""Cards and certificates beside a run: of its own candidates alone, never lost, and merged whatever the order."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.judging.verdict import Outcome
from convoracle.reports import CandidateInfo, InvalidRecord, RunInfo, RunWriter
from convoracle.reports.files.annexes import add, annexes, put_together
from convoracle.reports.records.certified import CertificateRow, Certificates
from convoracle.reports.records.identity import IdentityCards, Property, Section, Told

CARDS = IdentityCards(
    "torch",
    "2.0",
    "convoracle probe torch",
    (Section("float32", (Property("order", (Told("9 in sequence", "forward tiny"),)),)),),
    "# nothing",
)
ROW = CertificateRow(
    "net:a", "forward", "float32", "n1c1k1i4f2/float32/uniform/0", Outcome.CONFORMS, "right", 3, 2.0**-41, 0.1, 0.2
)
WRONG = replace(ROW, outcome=Outcome.VIOLATES, told="violates: it is 4", miss=None)
OPEN = replace(ROW, layer="net:b", outcome=Outcome.UNDECIDED, told="undecided", miss=None)


def certificates(*rows: CertificateRow, command: str = "convoracle certify torch") -> Certificates:
    return Certificates("torch", "2.0", command, rows)


def info_of() -> RunInfo:
    return RunInfo(0, "quick", (CandidateInfo("torch", "2.0"), CandidateInfo("mine.py:conv")), "", "", ())


@pytest.fixture
def run(tmp_path: Path) -> Path:
    RunWriter.create(tmp_path / "run", info_of()).close()
    return tmp_path / "run"


def test_what_was_added_is_read_back_and_layers_stand_beside_earlier_ones(run: Path) -> None:
    add(CARDS, run)
    add(replace(CARDS, declared="# something"), run)
    add(certificates(ROW, OPEN), run)
    add(certificates(WRONG), run)
    assert annexes(IdentityCards, run, info_of()) == (replace(CARDS, declared="# something"),)
    (read,) = annexes(Certificates, run, info_of())
    assert set(read.rows) == {WRONG, OPEN}


def test_the_same_layer_with_other_operands_is_the_same_question(run: Path) -> None:
    add(certificates(ROW), run)
    add(certificates(replace(ROW, case="n1c1k1i4f2/float32/uniform/9")), run)
    assert len(annexes(Certificates, run, info_of())[0].rows) == 1
    add(certificates(replace(ROW, case="n8c1k1i4f2/float32/uniform/9")), run)
    assert len(annexes(Certificates, run, info_of())[0].rows) == 2


@pytest.mark.parametrize("other", [replace(CARDS, version="2.1"), replace(CARDS, candidate="jax")])
def test_of_what_the_run_did_not_examine_nothing_is_added(run: Path, other: IdentityCards) -> None:
    with pytest.raises(InvalidArgument, match=r"should be a run that examined .*; this one examined torch 2\.0, mine"):
        add(other, run)
    assert annexes(IdentityCards, run, info_of()) == ()


def test_a_document_that_was_put_there_of_another_version_is_refused(run: Path) -> None:
    add(CARDS, run)
    path = run / "identity" / "torch.json"
    path.write_text(path.read_text().replace('"2.0"', '"3.0"'))
    with pytest.raises(InvalidRecord, match=r"torch\.json.*is of torch 3\.0, which this run did not examine"):
        annexes(IdentityCards, run, info_of())


def test_damage_is_told_with_file_and_field(run: Path) -> None:
    add(certificates(ROW), run)
    path = run / "certificates" / "torch.json"
    path.write_text(path.read_text().replace(f'"miss": {2.0**-41}', '"miss": 2.0'))
    with pytest.raises(InvalidRecord, match=r"torch\.json.*rows\[0\]\.miss.*should be a probability"):
        annexes(Certificates, run, info_of())


def test_a_run_that_is_being_written_and_a_link_are_let_alone(run: Path, tmp_path: Path) -> None:
    with RunWriter.resumed(run), pytest.raises(InvalidArgument, match="is being written by another run"):
        add(CARDS, run)
    (tmp_path / "elsewhere").mkdir()
    (run / "identity").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(InvalidRecord, match="is a link"):
        add(CARDS, run)
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_run_that_is_replaced_leaves_none_and_one_that_goes_on_keeps_them(run: Path) -> None:
    add(CARDS, run)
    add(certificates(ROW), run)
    RunWriter.resumed(run).close()
    assert annexes(IdentityCards, run, info_of()) == (CARDS,)
    RunWriter.create(run, info_of(), replace=True).close()
    assert annexes(IdentityCards, run, info_of()) == annexes(Certificates, run, info_of()) == ()


def test_merging_follows_from_the_answers_alone_and_keeps_the_worst(tmp_path: Path) -> None:
    told = {
        "a": (certificates(ROW, command="a"), CARDS),
        "b": (certificates(WRONG, OPEN, command="b"), replace(CARDS, declared="# other")),
        "c": (certificates(replace(OPEN, seconds=0.5)), CARDS),
    }
    for name, documents in told.items():
        RunWriter.create(tmp_path / name, info_of()).close()
        for document in documents:
            add(document, tmp_path / name)

    def merged(*names: str, into: str) -> tuple[object, ...]:
        (tmp_path / into).mkdir(exist_ok=True)
        put_together(((tmp_path / name, info_of()) for name in names), tmp_path / into)
        return annexes(Certificates, tmp_path / into, info_of()), annexes(IdentityCards, tmp_path / into, info_of())

    whole = merged("a", "b", "c", into="whole")
    for number, names in enumerate(itertools.permutations("abc")):
        assert merged(*names, into=f"p{number}") == whole
    merged("a", "b", into="ab")
    merged("b", "c", into="bc")
    assert merged("ab", "c", into="left") == merged("a", "bc", into="right") == merged("whole", "a", into="w") == whole
    (found,) = whole[0]
    assert [(row.layer, row.outcome) for row in found.rows] == [
        ("net:a", Outcome.VIOLATES),
        ("net:b", Outcome.UNDECIDED),
    ]
