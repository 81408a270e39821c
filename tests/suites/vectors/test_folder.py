"""A folder that is written whole or not at all, and never over something else."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.suites.vectors.folder import whole_folder


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


@pytest.mark.parametrize("before", ["nothing", "empty", "earlier"])
def test_it_takes_the_place_of_nothing_of_an_empty_one_and_of_an_earlier_one(before: str, tmp_path: Path) -> None:
    target = tmp_path / "deep" / "set"
    if before != "nothing":
        target.mkdir(parents=True)
    if before == "earlier":
        (target / "sign").write_text("earlier")
    with whole_folder(target, "sign") as home:
        (home / "sign").write_text("new")
        assert home != target
    assert (target / "sign").read_text() == "new"
    assert names(tmp_path / "deep") == {"set"}


def interrupted(target: Path) -> None:
    with whole_folder(target, "sign") as home:
        (home / "sign").write_text("half")
        raise KeyboardInterrupt


@pytest.mark.parametrize("before", [True, False])
def test_what_ends_the_writing_leaves_all_as_it_was(before: bool, tmp_path: Path) -> None:
    target = tmp_path / "set"
    if before:
        target.mkdir()
        (target / "sign").write_text("earlier")
    with pytest.raises(KeyboardInterrupt):
        interrupted(target)
    assert names(tmp_path) == ({"set"} if before else set())
    assert not before or (target / "sign").read_text() == "earlier"


@pytest.mark.parametrize("what", ["folder", "file"])
def test_something_else_is_refused_and_left(what: str, tmp_path: Path) -> None:
    target = tmp_path / "set"
    if what == "folder":
        target.mkdir()
        (target / "thesis.tex").write_text("years of work")
    else:
        target.write_text("years of work")
    with (
        pytest.raises(InvalidArgument, match="should be new, empty, or an earlier export"),
        whole_folder(target, "sign"),
    ):
        raise AssertionError("was opened")
    assert (target / "thesis.tex" if what == "folder" else target).read_text() == "years of work"


def test_what_somebody_put_beside_an_export_stays(tmp_path: Path) -> None:
    target = tmp_path / "vectors"
    for text in ("first", "second"):
        with whole_folder(target, "sign") as home:
            (home / "sign").write_text(text)
        (target / "README.md").write_text("mine")
    assert {path.name: path.read_text() for path in target.iterdir()} == {"sign": "second", "README.md": "mine"}


def test_an_earlier_folder_returns_when_the_new_one_cannot_take_its_place(tmp_path: Path) -> None:
    target = tmp_path / "set"
    target.mkdir()
    (target / "sign").write_text("earlier")
    with pytest.raises(FileNotFoundError), whole_folder(target, "sign") as home:
        home.rmdir()
    assert (target / "sign").read_text() == "earlier"
    assert list(tmp_path.iterdir()) == [target]
