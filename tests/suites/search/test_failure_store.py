"""The memory of failing cases: what is kept comes back, from wherever it is kept, and nothing else gets in."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fakeredis import TcpFakeServer
from hypothesis.database import DirectoryBasedExampleDatabase

from convoracle.oracle.errors import InvalidArgument
from convoracle.oracle.operands.data import parse_case
from convoracle.suites.search.failure_store import FailureMemory, Remembered

SMALL, LARGE = (
    parse_case(text) for text in ("n1c1k1i3f2/float32/uniform/0", "n2c2k2i3x3f2x2s2x1g2/bias/bfloat16/wide/12")
)


@pytest.fixture(scope="module")
def server() -> Iterator[str]:
    """A server that speaks Redis's protocol over TCP."""
    served = TcpFakeServer(("127.0.0.1", 0), server_type="redis")
    threading.Thread(target=served.serve_forever, daemon=True).start()
    yield f"redis://127.0.0.1:{served.server_address[1]}"
    served.shutdown()
    served.server_close()


@pytest.fixture(params=["folder", "redis"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    if request.param == "folder":
        return str(tmp_path / "deep" / "folder")
    return f"{request.getfixturevalue('server')}/{0}"


def test_what_failed_is_recalled_until_it_was_tried_and_fails_no_more(place: str) -> None:
    memory = FailureMemory([place], "kernels.py:conv2d")
    assert memory.prepare() == memory.recall() == []
    memory.update([LARGE, SMALL], ())
    assert memory.recall() == [SMALL, LARGE]
    memory.update([], [SMALL])
    assert memory.recall() == [LARGE]
    memory.update([LARGE], [LARGE])
    assert memory.recall() == [LARGE]
    memory.update([], [LARGE])
    assert memory.recall() == []


def test_what_was_right_once_is_recalled_by_every_other_version(place: str) -> None:
    old, new, next_one = (FailureMemory([place], "kernels.py:conv2d", version) for version in ("1", "2", "3"))
    old.update([SMALL, LARGE], ())
    new.update([LARGE], [SMALL, LARGE])
    assert new.recall() == [LARGE]
    assert old.recall() == next_one.recall() == [LARGE, SMALL]
    assert next_one.kept() == (Remembered(LARGE), Remembered(SMALL, "2"))
    next_one.update([], [SMALL])
    assert next_one.kept() == (Remembered(LARGE), Remembered(SMALL, "3"))
    old.update([SMALL], [SMALL])
    assert new.recall() == next_one.recall() == [SMALL, LARGE]


def test_what_another_search_kept_meanwhile_stays(place: str) -> None:
    one, other = (FailureMemory([place], "torch") for _ in range(2))
    before = one.recall()
    other.update([LARGE], ())
    one.update([SMALL], before)
    assert one.recall() == other.recall() == [SMALL, LARGE]
    one.update([], [SMALL, LARGE])


def test_candidates_do_not_share_a_memory(tmp_path: Path) -> None:
    FailureMemory([str(tmp_path)], "a/b.py:conv").update([SMALL], ())
    assert FailureMemory([str(tmp_path)], "a-b.py:conv").recall() == []


def test_several_places_are_one_memory_and_what_is_only_read_is_left_as_it_is(tmp_path: Path) -> None:
    shared, own = str(tmp_path / "shared"), str(tmp_path / "own")
    FailureMemory([shared], "torch").update([LARGE], ())
    memory = FailureMemory([f"readonly:{shared}", own], "torch")
    memory.update([SMALL], [LARGE])
    assert memory.recall() == [SMALL, LARGE]
    assert FailureMemory([own], "torch").recall() == [SMALL]
    assert FailureMemory([shared], "torch").recall() == [LARGE]
    FailureMemory([f"readonly:{shared}"], "torch").update([SMALL], ())
    assert FailureMemory([shared], "torch").recall() == [LARGE]


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (b"no case", "'no case' is left out: case='no case'"),
        (b"n1c1k1i1f0/float32/uniform/0", "kernel"),
        (b"\x00\xff", "it is no text"),
        (b"n" * 1001, "1001 bytes, and no case has more than 1000"),
        (b"", "'' is left out"),
    ],
)
def test_a_value_that_is_no_case_is_told_and_left_out(place: str, value: bytes, why: str) -> None:
    from convoracle.suites.search.failure_databases import opened

    memory = FailureMemory([place], "torch")
    memory.update([SMALL], ())
    opened(place).save(b"torch", value)
    (told,) = memory.prepare()
    assert why in told
    assert memory.recall() == [SMALL]
    opened(place).delete(b"torch", value)
    memory.update([], [SMALL])


def test_no_more_than_a_thousand_cases_are_recalled(tmp_path: Path) -> None:
    many = [replace(SMALL, seed=seed) for seed in range(1001)]
    database = DirectoryBasedExampleDatabase(tmp_path)
    for case in many:
        database.save(b"torch", str(case).encode())
    assert FailureMemory([str(tmp_path)], "torch").recall() == sorted(many, key=str)[:1000]


def test_a_file_of_an_earlier_version_is_told_of(tmp_path: Path) -> None:
    (tmp_path / "torch-0123456789ab.txt").write_text(f"{SMALL}\n")
    memory = FailureMemory([str(tmp_path)], "torch")
    (told,) = memory.prepare()
    assert told.endswith(".txt: an earlier version of convoracle wrote it; it is not read, and can be removed")
    assert memory.recall() == []


def test_hypothesis_is_not_imported_where_there_is_nothing_to_remember(tmp_path: Path) -> None:
    script = (
        "import sys\nfrom convoracle.suites.search.failure_store import FailureMemory\n"
        f"memory = FailureMemory([{str(tmp_path / 'new')!r}], 'torch')\n"
        "assert memory.prepare() == memory.recall() == []\nmemory.update([], [])\n"
        "print('hypothesis' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True, timeout=60)
    assert done.stdout == "False\n"


@pytest.mark.parametrize(
    ("spec", "why"),
    [
        ("{}/file", "should be a folder: File exists"),
        ("readonly:{}/absent", "should be a folder that there is"),
        ("redis://127.0.0.1:1/0", "should be a server that answers: .*Connection refused"),
        ("redi://host", "should be FOLDER, readonly:FOLDER or redis://HOST:PORT/DB"),
        ("readonly:", "should be FOLDER"),
        ("redis://:secret@host/0", "set REDISCLI_AUTH instead"),
    ],
)
def test_what_is_no_place_to_keep_cases_is_refused(tmp_path: Path, spec: str, why: str) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(InvalidArgument, match=why) as refused:
        FailureMemory([spec.format(tmp_path)], "torch").prepare()
    assert "secret" not in str(refused.value)


def test_a_folder_that_cannot_be_written_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: (path, mode) != (tmp_path, os.W_OK))
    with pytest.raises(InvalidArgument, match=r"should be a folder that can be written \[check\]"):
        FailureMemory([str(tmp_path)], "torch").prepare()


def test_without_redis_the_extra_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "redis", None)
    monkeypatch.setitem(sys.modules, "redis.exceptions", None)
    with pytest.raises(InvalidArgument, match=r"pip install redis, or .* pip install '\.\[redis\]'"):
        FailureMemory(["redis://127.0.0.1:1/0"], "torch").prepare()


def test_what_could_not_be_written_is_an_error_of_its_place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DirectoryBasedExampleDatabase, "save", lambda *_: None)
    with pytest.raises(OSError, match="could not be written there") as failed:
        FailureMemory([str(tmp_path)], "torch").update([SMALL], ())
    assert failed.value.filename == str(tmp_path)


def test_a_server_that_goes_away_is_an_error_of_its_place() -> None:
    with pytest.raises(OSError, match="Connection refused") as failed:
        FailureMemory(["redis://127.0.0.1:1/0"], "torch").update([SMALL], ())
    assert failed.value.filename == "redis://127.0.0.1:1/0"
