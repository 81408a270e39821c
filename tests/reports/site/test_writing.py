"""The pages say what the run was, stand alone, show hostile text as text, and are there whole or not at all."""

from __future__ import annotations

import re
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports import CandidateInfo, CaseRecord, CheckResult, Run, Witness, read_run, write_reports
from convoracle.reports.records.baseline import Held
from convoracle.reports.site import SiteWriter, writing

VOID = {"meta", "br", "img", "input", "link", "hr"}


class Reader(HTMLParser):
    """Tags, ids, links and text of a page; fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.ids: list[str] = []
        self.links: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.words: list[str] = []
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs
        self.ids += [value for name, value in attrs if name == "id"]
        self.links += [value for name, value in attrs if name == "href"]
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.handle_starttag(tag, attrs)
        self.handle_endtag(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] not in ("script", "style"):
            self.words.append(data)

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page_of(run: Run, folder, path: str = "index.html") -> Reader:
    """A page of the site of a run, which may differ from what its folder says."""
    with SiteWriter(folder) as site:
        read_run(folder, site.listen)
        site.finish(run, Held(run.mismatches))
    return Reader((folder / path).read_text("utf-8"))


def pages_of(folder) -> dict[str, str]:
    return {str(path.relative_to(folder)): path.read_text("utf-8") for path in folder.rglob("index.html")}


def conforming(candidate: str) -> CaseRecord:
    results = tuple(
        CheckResult(check, "forward", Verdict(Outcome.CONFORMS, ratio=ratio, resolution=0.5), 0.1)
        for check, ratio in (("structure", 0.0), ("precision", 0.25))
    )
    return CaseRecord("n1c1k1i4f2", candidate, results)


@pytest.fixture
def finished(writer):
    """Finishes the run with some records and mismatches, and reads it back."""

    def finish(records=(), mismatches=(), interrupted=False) -> Run:
        for record in records:
            writer.append(record)
        for found in mismatches:
            writer.add_mismatch(*found)
        writer.finish(12.5, interrupted)
        return read_run(writer.folder)

    return finish


MISMATCH = "mismatches/torch-forward-1/index.html"


def test_all_conform(finished, writer):
    run = finished([conforming("torch"), conforming("reference")])
    page = page_of(run, writer.folder)
    assert "✓ All candidates conform" in page.text
    assert "4 verdicts on 1 case and 2 candidates" in page.text
    assert "✓ 1 conform" in page.text
    assert "worst ratio" in page.text


def test_nothing_compared_is_no_success(finished, writer):
    for records in (
        [],
        [CaseRecord("c", "torch", (CheckResult("structure", "forward", Verdict(Outcome.UNSUPPORTED)),))],
    ):
        page = page_of(finished(records), writer.folder)
        assert "Nothing was compared: this run proves nothing" in page.text
        assert "✓" not in page.text


def test_one_idle_candidate_is_told(finished, writer):
    page = page_of(finished([conforming("torch")]), writer.folder)
    assert "No mismatch, but not every candidate was compared" in page.text
    assert "nothing was compared for reference" in page.text


def test_an_interrupted_run_says_so(finished, writer):
    page = page_of(finished([conforming("torch"), conforming("reference")], interrupted=True), writer.folder)
    assert "No mismatch so far: the run did not finish" in page.text
    assert "The run was interrupted" in page.text


def test_mismatches_that_were_not_reduced_yet(finished, writer):
    bad = CaseRecord("c", "torch", (CheckResult("structure", "forward", Verdict(Outcome.VIOLATES), fault="torch-1"),))
    page = page_of(finished([bad]), writer.folder)
    assert "1 verdict against a candidate, not yet reduced to a smallest case" in page.text
    assert "✗ 1 wrong" in page.text


def test_the_page_of_a_mismatch(finished, writer, flipped):
    mismatch, evidence = flipped
    mismatch = replace(
        mismatch,
        equations=("O₁₁ = X₁₁F₁₁ + X₁₂F₁₂",),
        diagnosis=("It is as if the kernel were rotated.", "O₁₁ should be X₁₁F₁₁"),
        witnesses=(Witness("tensorflow", Outcome.CONFORMS, "agrees with the equations"),),
    )
    bad = CheckResult("structure", "forward", mismatch.verdict, fault=mismatch.id)
    shown = [CaseRecord(f"c{number}", "torch", (bad,)) for number in range(3)]
    run = finished([conforming("reference"), *shown], [(mismatch, evidence)])
    front, page = (page_of(run, writer.folder, path) for path in ("index.html", MISMATCH))
    for words in (
        "✗ 1 cause, 1 mismatch found",
        "✗ 3 wrong",
        "Results are as if the kernel were rotated",
        "1 mismatch, shown by 3 results.",
        "bfloat16 accumulates in float32",
        "convoracle check --seed 7",
    ):
        assert words in front.text, words
    for words in (
        "mismatch 1 of 1, torch 2.13.0",
        "Results are as if the kernel were rotated",
        "forward of torch 2.13.0 violates structure (exact equality)",
        "3 of 3 elements are wrong. All operands are integers, small enough",
        "What it looks like It is as if the kernel were rotated. O₁₁ should be X₁₁F₁₁",
        "n1c1k1i4f2/float32/uniform/0",
        "input size 4",
        "kernel 2",
        "got 11",
        "expected 13",
        "exact equality is required",
        "shown by 3 cases",
        "O 11 = X 11 F 11 + X 12 F 12",
        "agrees with the equations",
        "convoracle replay mismatches/torch-forward-1/mismatch.json",
        "weight[0, 0, ::-1]",
        "[0, 0, 0]: got 11, expected 13",
        "numpy 2.4.0",
    ):
        assert words in page.text, words
    assert page.tags.count("svg") == 6  # three planes of the convolution; expected, got and error


def test_the_pages_stand_alone_and_their_links_lead_somewhere(finished, writer, flipped):
    finished([conforming("torch")], [flipped])
    write_reports(writer.folder)
    texts = pages_of(writer.folder)
    assert sorted(texts) == ["accuracy/index.html", "cases/index.html", "index.html", "matrix/index.html", MISMATCH]
    ids = {path: Reader(text).ids for path, text in texts.items()}
    for path, text in texts.items():
        page = Reader(text)
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|src=|@import|url\(", text), path
        assert page.tags.count("style") == 1
        assert len(set(page.ids)) == len(page.ids)
        policy = r"default-src 'none'; style-src 'sha256-[^ ]+'; script-src 'sha256-[^ ]+' 'strict-dynamic'; base-uri"
        assert re.search(policy, text.replace("&#39;", "'"))
        for link in page.links:
            target, _, anchor = link.partition("#")
            file = (writer.folder / path).parent / target if target else writer.folder / path
            assert file.resolve().is_file(), (path, link)
            other = str(file.resolve().relative_to(writer.folder.resolve()))
            assert not anchor or other == "cases/index.html" or anchor in ids[other], (path, link)


HOSTILE = "</script><img src=x onerror=alert(1)>\"'&{{ 7*7 }}\x1b[31m\u202e\u2028\udc80"


def test_hostile_text_is_shown_as_text(finished, writer, flipped, info):
    mismatch, evidence = flipped
    mismatch = replace(
        mismatch,
        candidate=HOSTILE,
        check=HOSTILE,
        subject="forward",
        found=HOSTILE,
        needs=(HOSTILE,),
        equations=(HOSTILE,),
        diagnosis=(HOSTILE,),
        call=HOSTILE,
        verdict=replace(mismatch.verdict, reason=HOSTILE, outcome=Outcome.CRASHED, cause=HOSTILE),
        witnesses=(Witness(HOSTILE, Outcome.CONFORMS, HOSTILE),),
    )
    results = (CheckResult(HOSTILE, HOSTILE, Verdict(Outcome.VIOLATES, HOSTILE), fault=HOSTILE),)
    run = finished([CaseRecord(HOSTILE, HOSTILE, results, origin=HOSTILE)], [(mismatch, evidence)])
    candidate = CandidateInfo(HOSTILE, HOSTILE, HOSTILE, ((HOSTILE, HOSTILE),))
    hostile_info = replace(
        info, candidates=(candidate,), profile=HOSTILE, command=HOSTILE, started=HOSTILE, environment=((HOSTILE,) * 2,)
    )
    page_of(replace(run, info=hostile_info, notes=(HOSTILE,)), writer.folder)
    for path, text in pages_of(writer.folder).items():
        page = Reader(text)
        assert "img" not in page.tags
        assert page.tags.count("script") == (2 if "accuracy" in path and 'id="data"' in text else 1)
        assert not [name for name, _ in page.attributes if name.startswith("on")]
        assert not set(text) & set("\x1b\u202e\u2028"), path
    for path in ("index.html", MISMATCH):
        page = Reader((writer.folder / path).read_text("utf-8"))
        assert "</script><img src=x onerror=alert(1)>" in page.text
        assert "{{ 7*7 }}" in page.text
    chunks = [path.read_bytes() for path in (writer.folder / "cases").glob("*.js")]
    assert len(chunks) == 3
    for chunk in chunks:
        assert chunk.isascii()
        assert b"<" not in chunk
        assert chunk.count(b"\n") == 1


def test_damaged_arrays_do_not_cost_the_page(finished, writer, flipped):
    run = finished([conforming("torch")], [flipped])
    (writer.folder / "mismatches" / flipped[0].id / "arrays.npz").write_bytes(b"PK")
    page = page_of(run, writer.folder, MISMATCH)
    assert "The arrays of this mismatch could not be read." in page.text
    assert "got 11" in page.text


@pytest.mark.parametrize("outcome", [Outcome.CRASHED, Outcome.HUNG, Outcome.REFUSED])
def test_a_mismatch_without_a_result(finished, writer, flipped, outcome):
    mismatch, evidence = flipped
    mismatch = replace(mismatch, verdict=Verdict(outcome, "signal 11"))
    evidence = replace(evidence, actual=None, wrong=np.zeros((1, 1, 3), bool))
    page = page_of(finished([], [(mismatch, evidence)]), writer.folder, MISMATCH)
    assert "The case is legal" in page.text
    assert "Signal 11." in page.text
    assert "Where the wrong elements lie" not in page.text


@pytest.mark.parametrize(
    ("case", "subject", "wrong", "told"),
    [
        ("n1c1k1i3x4f2x2s2x3to1x0/float32/uniform/1", "forward", (0, 0, 1, 2), ["transposed", "1 × 0", "2 × 3"]),
        ("n1c1k1i4f3p2mreflect/int8/uniform/1", "forward", (0, 0, 1), ["padding mode", "reflect"]),
        ("n1c1k1i4f3/float8_e5m2/uniform/1/strided", "forward", (0, 0, 1), ["every other element of memory"]),
        ("n1c1k1i4f3/complex64/uniform/1", "jvp", (0, 0, 1, 1), ["imaginary part", "V (input direction)"]),
    ],
)
def test_the_page_tells_what_is_seldom(finished, writer, make_mismatch, case, subject, wrong, told):
    found = make_mismatch(case, subject, (wrong,))
    if "/int8/" in case:
        found = found[0], replace(found[1], actual=found[1].actual.astype(np.int32))
    page = page_of(finished(mismatches=[found]), writer.folder, f"mismatches/torch-{subject}-1/index.html")
    for words in told:
        assert words in page.text
    assert "could not be read" not in page.text


def test_what_is_not_written_whole_is_not_there(finished, writer, flipped, monkeypatch):
    finished([conforming("torch")], [flipped])
    write_reports(writer.folder)
    before = {path: path.read_bytes() for path in writer.folder.rglob("*") if path.is_file()}
    written = Path.write_text

    def full(path: Path, text: str, *arguments: object, **more: object) -> int:
        if "verdicts" in path.name:
            raise OSError(28, "No space left on device")
        return written(path, text, *arguments, **more)

    monkeypatch.setattr(Path, "write_text", full)
    with pytest.raises(OSError, match="No space left"):
        write_reports(writer.folder)
    after = {path: path.read_bytes() for path in writer.folder.rglob("*") if path.is_file()}
    assert after == before


def test_no_page_is_written_under_its_own_name(finished, writer, flipped, monkeypatch):
    finished([conforming("torch")], [flipped])
    written, names = Path.write_text, set()

    def noted(path: Path, text: str, *arguments: object, **more: object) -> int:
        names.add(path.relative_to(writer.folder))
        return written(path, text, *arguments, **more)

    monkeypatch.setattr(Path, "write_text", noted)
    write_reports(writer.folder)
    pages = {path for path in names if path.suffix in (".html", ".js")}
    assert len(pages) == 8
    assert all(any(part.startswith(".partial-") for part in path.parts) for path in pages)


def test_the_first_page_is_written_last(finished, writer, monkeypatch):
    finished([conforming("torch")])
    monkeypatch.setattr(writing, "front_page", lambda *_: 1 / 0)
    with pytest.raises(ZeroDivisionError):
        write_reports(writer.folder)
    assert not (writer.folder / "index.html").exists()
    assert not list(writer.folder.rglob(".partial-*"))
