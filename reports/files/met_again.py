"""Mismatches of a run that are the same as others: their evidence is removed, and what tells them from others kept."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..records.instances import kept_for
from ..records.serialization import to_json
from .layout import MISMATCHES
from .reading import all_instances, read_mismatches
from .whole import write_whole


def fold(folder: Path) -> None:
    """Leave, of the mismatches that are one fault, the evidence of the one that is kept.

    Raises
    ------
    InvalidRecord
        If a mismatch is damaged.
    """
    found = tuple(read_mismatches(folder, []))
    instances = all_instances(folder, found)
    kept = kept_for(instances.values())
    for identity in [mismatch.id for mismatch in found if mismatch.id in kept]:
        write_whole(folder / MISMATCHES / f"{identity}.json", to_json(instances[identity]) + "\n")
        shutil.rmtree(folder / MISMATCHES / identity)
