"""What is installed: wheel and sdist come out the same twice, and hold what they should and nothing else."""

from __future__ import annotations

import io
import os
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_bytes
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("oracle", "reports", "suites")
EPOCH = 1_700_000_000


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    out = tmp_path_factory.mktemp("dist")
    environment = {**os.environ, "SOURCE_DATE_EPOCH": str(EPOCH)}
    command = [sys.executable, ROOT / "release" / "build.py", out, "--twice"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=200, check=False, env=environment)
    assert done.returncode == 0, done.stdout + done.stderr
    return out, done.stdout


def sources() -> set[str]:
    """The files of the rooms that are installed, as git knows them."""
    command = ["git", "-C", ROOT, "ls-files", "-z", "--cached", "--others", "--exclude-standard", *ROOMS]
    names = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split("\0")
    return {name for name in names if name and (ROOT / name).is_file()}


def test_a_second_build_has_the_same_bytes(built: tuple[Path, str]) -> None:
    assert built[1].endswith("built twice: the same bytes\n")
    assert len(list(built[0].iterdir())) == 2


def test_the_wheel_holds_the_rooms_and_nothing_else(built: tuple[Path, str]) -> None:
    (path,) = built[0].glob("*.whl")
    with zipfile.ZipFile(path) as wheel:
        names = {name for name in wheel.namelist() if ".dist-info/" not in name}
        (metadata,) = (wheel.read(name) for name in wheel.namelist() if name.endswith(".dist-info/METADATA"))
        assert {info.date_time for info in wheel.infolist()} == {(2023, 11, 14, 22, 13, 20)}
    assert names == {f"convoracle/{name}" for name in sources()}
    assert {name for name in names if name.endswith("py.typed")} == {f"convoracle/{room}/py.typed" for room in ROOMS}
    told = message_from_bytes(metadata)
    assert (told["License-Expression"], told["Requires-Python"]) == ("Apache-2.0", ">=3.11")
    assert told["Description-Content-Type"] == "text/markdown"
    assert told.get_payload().startswith("# convoracle")


def test_the_sdist_holds_what_a_build_needs(built: tuple[Path, str]) -> None:
    (path,) = built[0].glob("*.tar.gz")
    with tarfile.open(fileobj=io.BytesIO(path.read_bytes())) as sdist:
        members = sdist.getmembers()
    assert {(member.mtime, member.uid, member.gid, member.uname) for member in members} == {(EPOCH, 0, 0, "")}
    assert all(member.isfile() or member.isdir() for member in members)
    names = {member.name.partition("/")[2] for member in members if member.isfile()}
    assert sources() <= names
    assert {name.split("/")[0] for name in names} == {
        *ROOMS, "convoracle.egg-info", "LICENSE", "MANIFEST.in", "PKG-INFO", "README.md", "pyproject.toml", "setup.cfg",
    }  # fmt: skip
