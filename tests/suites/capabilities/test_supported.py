"""What was seen to be supported, kept in a file that a later run is held to."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports.errors import InvalidRecord
from convoracle.reports.records.record import CaseRecord, CheckResult
from convoracle.reports.records.serialization import Supported, SupportedEntry
from convoracle.suites.capabilities.supported import (
    lost,
    lost_sentence,
    read_supported,
    supported,
    write_supported,
)

PLAIN, GROUPED = "n1c2k2i4f2/float32/uniform/0", "n1c2k2i4f2s2g2/float16/uniform/0"


def record(case: str, *told: tuple[str, str, Outcome], candidate: str = "mine") -> CaseRecord:
    results = (CheckResult(check, subject, Verdict(outcome)) for check, subject, outcome in told)
    return CaseRecord(case, candidate, tuple(results))


def entry(setting: str, subject: str = "forward", dtype: str = "float32", candidate: str = "mine") -> SupportedEntry:
    return SupportedEntry(candidate, subject, dtype, setting)


def test_each_setting_of_a_case_of_which_some_result_conforms() -> None:
    found = supported(
        [
            record(PLAIN, ("structure", "forward", Outcome.CONFORMS)),
            record(
                GROUPED,
                ("structure", "update", Outcome.VIOLATES),
                ("precision", "update", Outcome.CONFORMS),
                ("structure", "forward", Outcome.UNSUPPORTED),
                ("structure", "bias_gradient", Outcome.UNDECIDED),
            ),
        ]
    )
    assert found.entries == (
        entry("plain"),
        entry("groups", "update", "float16"),
        entry("stride", "update", "float16"),
    )


@pytest.mark.parametrize("told", [("adjoint", "adjoint"), ("company", "forward"), ("relation:stride", "forward")])
def test_only_values_of_passes_count(told: tuple[str, str]) -> None:
    assert supported([record(PLAIN, (*told, Outcome.CONFORMS))]).entries == ()


def test_lost_is_what_was_asked_and_conforms_nowhere_any_more() -> None:
    before = Supported((entry("plain"), entry("groups", dtype="float16"), entry("dilation")))
    now = [
        record(PLAIN, ("structure", "forward", Outcome.UNSUPPORTED)),
        record(GROUPED, ("structure", "forward", Outcome.VIOLATES)),
        record(GROUPED, ("structure", "forward", Outcome.CONFORMS)),
    ]
    assert lost(before, now) == (entry("plain"),)


@pytest.mark.parametrize(("count", "end"), [(1, ""), (8, ""), (9, "; and 1 more"), (12, "; and 4 more")])
def test_eight_are_named(count: int, end: str) -> None:
    sentence = lost_sentence(tuple(entry(f"setting-{number}") for number in range(count)))
    assert sentence.startswith("supported before, and not any more: setting-0 in forward of mine in float32")
    assert sentence.count(" in forward of ") == min(count, 8)
    assert sentence.endswith(end or f"setting-{count - 1} in forward of mine in float32")


def test_a_file_reads_back(tmp_path: Path) -> None:
    found = Supported((entry("plain"), entry("groups", candidate="größer")))
    write_supported(tmp_path / "supported.json", found)
    assert read_supported(tmp_path / "supported.json") == found
    assert (tmp_path / "supported.json").read_bytes().isascii()
    write_supported(tmp_path / "supported.json", Supported(()))
    assert read_supported(tmp_path / "supported.json").entries == ()


@pytest.mark.parametrize("where", ["nowhere/supported.json", "."])
def test_what_cannot_be_written_is_refused(where: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"^write_supported=.* should be a file that can be written"):
        write_supported(tmp_path / where, Supported(()))


@pytest.mark.parametrize(
    ("text", "told"),
    [(None, "there is no such file; --write-supported writes one"), ("spam", "supported.json"), ("{}", "supported")],
)
def test_what_is_no_such_file_is_refused(text: str | None, told: str, tmp_path: Path) -> None:
    path = tmp_path / "supported.json"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InvalidRecord) as raised:
        read_supported(path)
    assert told in str(raised.value)
    assert str(path) in str(raised.value)
