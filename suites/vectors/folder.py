"""A folder that is written whole or not at all, and never over something else."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ...oracle.errors import InvalidArgument


@contextmanager
def whole_folder(folder: Path, sign: str) -> Iterator[Path]:
    """A folder to write into that takes the place of `folder` when all is written; an earlier one has the file `sign`.

    Whatever ends the writing, Ctrl-C included, leaves `folder` as it was and nothing beside it. Files that somebody
    put next to an earlier one's, such as a README, stay there.

    Raises
    ------
    InvalidArgument
        If `folder` is there and holds something else.
    """
    folder = folder.resolve()
    if folder.exists() and not (folder.is_dir() and (not any(folder.iterdir()) or (folder / sign).is_file())):
        raise InvalidArgument("DIR", str(folder), "should be new, empty, or an earlier export", where="vectors export")
    folder.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=f".{folder.name}-", dir=folder.parent) as temporary:
        new, old = Path(temporary) / "new", Path(temporary) / "old"
        new.mkdir()
        yield new
        for kept in folder.iterdir() if folder.exists() else ():
            if kept.is_file() and not (new / kept.name).exists():
                shutil.copy2(kept, new / kept.name)
        try:
            if folder.exists():
                folder.rename(old)
            new.rename(folder)
        finally:
            if old.exists() and not folder.exists():
                old.rename(folder)
