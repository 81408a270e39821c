"""A file for each part of each candidate, named so that nobody's is another's, and so that it says how far it came."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from convoracle.reports import CandidateInfo, InvalidRecord, RunInfo
from convoracle.reports.files.part_files import EARLIER, UNFINISHED, Part, part_files, part_path, set_aside

NAMES = (
    "torch",
    "kernels.py:conv2d",
    "kernels.py-conv2d",
    "Torch",
    "../../etc/passwd",
    "",
    ".",
    "\udc80",
    "💣",
    "a" * 300,
)
INFO = RunInfo(0, "quick", tuple(CandidateInfo(name) for name in NAMES), "", "", ())


def begun(folder: Path, part: Part, how: str = "", text: str = "x") -> Path:
    path = part_path(folder, part, how)
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def test_every_name_has_its_own_file_in_the_folder_and_is_found_again(tmp_path: Path) -> None:
    parts = [Part(name, number) for name in NAMES for number in (0, 1, 2, 10)]
    paths = [begun(tmp_path, part) for part in parts]
    assert len({str(path).lower() for path in paths}) == len(paths)
    assert {path.parent for path in paths} == {tmp_path / "records"}
    assert all(re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._+=@-]*", path.name) for path in paths)
    assert [file.part for file in part_files(tmp_path, INFO)] == parts
    assert part_path(tmp_path, Part("torch", 3)).name == "torch-3.jsonl"


def test_a_whole_file_is_taken_before_others_and_of_others_the_longer_one(tmp_path: Path) -> None:
    part = Part("torch", 0)
    begun(tmp_path, part, EARLIER, "longer")
    begun(tmp_path, part, UNFINISHED, "short")
    (file,) = part_files(tmp_path, INFO)
    assert (file.path.read_text(), file.is_whole) == ("longer", False)
    begun(tmp_path, part, UNFINISHED, "by now much longer")
    (file,) = part_files(tmp_path, INFO)
    assert (file.path.read_text(), file.is_whole) == ("by now much longer", False)
    set_aside(tmp_path, file)
    assert [path.name for path in (tmp_path / "records").iterdir()] == ["torch-0.earlier.jsonl"]
    begun(tmp_path, part)
    (file,) = part_files(tmp_path, INFO)
    assert (file.path.read_text(), file.is_whole) == ("x", True)


def test_stray_files_are_ignored_and_a_candidate_that_the_run_does_not_name_comes_last(tmp_path: Path) -> None:
    for part in (Part("aaa", 0), Part("torch", 0)):
        begun(tmp_path, part)
    (tmp_path / "records" / ".DS_Store").write_text("")
    (tmp_path / "records" / "torch-01.jsonl").write_text("")
    assert [file.part for file in part_files(tmp_path, INFO)] == [Part("torch", 0), Part("aaa", 0)]


def test_without_their_folder_there_is_no_run(tmp_path: Path) -> None:
    with pytest.raises(InvalidRecord, match="there is no such folder"):
        part_files(tmp_path, INFO)
