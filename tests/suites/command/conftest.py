"""What the tests of whole commands share: a folder of their own to run in."""

from __future__ import annotations

from pathlib import Path

import pytest


@pytest.fixture
def own_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where the command is run, and puts its report."""
    monkeypatch.chdir(tmp_path)
