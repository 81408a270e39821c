"""A run folder crosses as bytes; whatever these are, nothing is written outside the folder, nor more than a limit."""

from __future__ import annotations

import gzip
import io
import tarfile
from contextlib import suppress
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.reports import InvalidRecord
from convoracle.suites.campaign import packing
from convoracle.suites.campaign.packing import packed, unpack


def archive(*members: tuple[str, bytes, bytes, str]) -> bytes:
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w:gz") as made:
        for name, kind, data, link in members:
            info = tarfile.TarInfo(name)
            info.type, info.size, info.linkname = kind, len(data), link
            made.addfile(info, io.BytesIO(data))
    return stream.getvalue()


def test_files_come_out_as_they_went_in(tmp_path: Path) -> None:
    (tmp_path / "in" / "deep").mkdir(parents=True)
    (tmp_path / "in" / "deep" / "a.npz").write_bytes(bytes(range(256)))
    (tmp_path / "in" / "run.json").write_text("{}")
    (tmp_path / "in" / "link").symlink_to("/etc/passwd")
    unpack(packed(tmp_path / "in"), tmp_path / "out")
    found = {str(path.relative_to(tmp_path / "out")): path.read_bytes() for path in (tmp_path / "out").rglob("*.*")}
    assert found == {"deep/a.npz": bytes(range(256)), "run.json": b"{}"}
    assert not (tmp_path / "out" / "link").exists()


@pytest.mark.parametrize(
    "member",
    [
        ("../outside", tarfile.REGTYPE, b"x", ""),
        ("/tmp/convoracle-outside", tarfile.REGTYPE, b"x", ""),
        ("a/../../outside", tarfile.REGTYPE, b"x", ""),
        ("link", tarfile.SYMTYPE, b"", "/etc/passwd"),
        ("hard", tarfile.LNKTYPE, b"", "run.json"),
        ("device", tarfile.CHRTYPE, b"", ""),
        ("pipe", tarfile.FIFOTYPE, b"", ""),
        ("folder", tarfile.DIRTYPE, b"", ""),
    ],
)
def test_what_is_no_file_in_the_folder_is_refused(member: tuple[str, bytes, bytes, str], tmp_path: Path) -> None:
    data = archive(("run.json", tarfile.REGTYPE, b"{}", ""), member)
    try:
        unpack(data, tmp_path / "out")
    except InvalidRecord:
        pass
    else:  # an absolute name is taken as one in the folder
        assert member[0].startswith("/")
    assert {path.name for path in tmp_path.iterdir()} == {"out"}
    assert not Path("/tmp/convoracle-outside").exists()
    assert not any(path.is_symlink() for path in (tmp_path / "out").rglob("*"))


def test_no_more_is_written_than_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(packing, "MOST_BYTES", 1000)
    monkeypatch.setattr(packing, "MOST_FILES", 3)
    bomb = archive(("zeros", tarfile.REGTYPE, bytes(10_000), ""))
    with pytest.raises(InvalidRecord, match="at most 3 of 1,000 bytes"):
        unpack(bomb, tmp_path / "out")
    with pytest.raises(InvalidRecord, match="at most 3"):
        unpack(archive(*((f"f{number}", tarfile.REGTYPE, b"", "") for number in range(4))), tmp_path / "many")
    assert sum(path.stat().st_size for path in (tmp_path / "out").rglob("*")) == 0


@pytest.mark.parametrize("size", [2**62, 2**70, -(2**70)])
def test_a_size_beyond_all_memory_is_refused(size: int, tmp_path: Path) -> None:
    """An OverflowError of the archive's reader came out."""
    header = bytearray(tarfile.TarInfo("run.json").tobuf(tarfile.GNU_FORMAT))
    header[124:136] = (0x80 if size > 0 else 0xFF).to_bytes(1) + size.to_bytes(11, signed=True)
    header[148:156] = b" " * 8
    header[148:156] = b"%06o\0 " % sum(header)
    with pytest.raises(InvalidRecord, match=r"is no packed run|should hold files only"):
        unpack(gzip.compress(bytes(header) + bytes(1024)), tmp_path / "out")


@given(st.binary(max_size=400), st.integers(0, 200), st.binary(min_size=1, max_size=8))
def test_other_bytes_are_refused(tmp_path_factory: pytest.TempPathFactory, data: bytes, at: int, change: bytes) -> None:
    good = archive(("run.json", tarfile.REGTYPE, b"{}", ""))
    changed = good[:at] + change + good[at + len(change) :]
    for each in (data, changed, good[: len(good) - at]):
        folder = tmp_path_factory.mktemp("out")
        with suppress(InvalidRecord):
            unpack(each, folder / "in")
        assert {path.name for path in folder.iterdir()} <= {"in"}
