"""A file is seen to be writable before the work that it is for, and nothing is touched."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.suites.command.arguments import require_writable


def test_a_file_that_can_be_written_is_let_alone(tmp_path: Path) -> None:
    require_writable(tmp_path / "new.json", "out", where="baseline")
    assert list(tmp_path.iterdir()) == []
    (tmp_path / "old.json").write_text("as it was")
    require_writable(tmp_path / "old.json", "out", where="baseline")
    assert (tmp_path / "old.json").read_text() == "as it was"


@pytest.mark.parametrize("where", ["nowhere/new.json", "."])
def test_what_cannot_be_written_is_refused_with_its_name(where: str, tmp_path: Path) -> None:
    with pytest.raises(InvalidArgument, match=r"^out='.*', but should be a file that can be written.*\[baseline\]$"):
        require_writable(tmp_path / where, "out", where="baseline")
