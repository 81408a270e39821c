"""Files that are there whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from .layout import PARTIAL


def write_whole(path: Path, text: str) -> None:
    """Write a file, in the place of an earlier one; its folder is made."""
    _in_place(path, lambda partial: partial.write_text(text, "utf-8", "backslashreplace"))


def copy_whole(source: Path, path: Path) -> None:
    """Copy a file, in the place of an earlier one."""
    _in_place(path, lambda partial: shutil.copyfile(source, partial))


def _in_place(path: Path, write: Callable[[Path], object]) -> None:
    path.parent.mkdir(exist_ok=True)
    partial = path.with_name(PARTIAL + path.name)
    try:
        write(partial)
        partial.replace(path)
    finally:
        partial.unlink(missing_ok=True)
