"""TOML from people and from others: read, or refused with the file and what is wrong with it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from convoracle.reports.errors import InvalidRecord
from convoracle.reports.records.toml_file import MAX_BYTES, MAX_LINE, read_toml


def test_a_document_is_read(tmp_path: Path) -> None:
    path = tmp_path / "a.toml"
    path.write_text("[[known]]\nreason = 'é'\n", "utf-8")
    assert read_toml(path) == {"known": [{"reason": "é"}]}


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (b"\xff", "is not TOML"),
        (b"a = ", "is not TOML"),
        (b"a = " + b"9" * 5000, "is not TOML: Exceeds the limit"),
        (b"[b]\na = [{c = 0x" + b"9" * 5000 + b"}]", "is not TOML: holds an integer of more than 64 bits"),
        (b"a = " + b"[" * 5000, "is nested too deeply"),
        (b"#" * (MAX_LINE + 1), f":1: should have at most {MAX_LINE} bytes in a line, not {MAX_LINE + 1}"),
        (b"#\n" * (MAX_BYTES // 2 + 1), f"should have at most {MAX_BYTES} bytes"),
    ],
    ids=lambda each: each[:20],
)
def test_what_is_none_is_refused(tmp_path: Path, data: bytes, problem: str) -> None:
    path = tmp_path / "a.toml"
    path.write_bytes(data)
    with pytest.raises(InvalidRecord) as caught:
        read_toml(path)
    assert str(caught.value).startswith(str(path))
    assert problem in str(caught.value)


@pytest.mark.parametrize("name", ["nowhere.toml", ".", "a\0b"])
def test_what_cannot_be_read_is_told(tmp_path: Path, name: str) -> None:
    with pytest.raises(InvalidRecord):
        read_toml(tmp_path / name)


def test_keys_with_very_many_dots_take_no_time(tmp_path: Path) -> None:
    """A tuple of the parts is made anew for each of them: without a limit of the line, minutes."""
    path = tmp_path / "a.toml"
    path.write_text("".join(f"{'a.' * 4000}a{number} = 1\n" for number in range(15)))
    began = time.perf_counter()
    assert read_toml(path)
    assert time.perf_counter() - began < 20
