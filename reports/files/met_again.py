"""Mismatches of a run that are the same as others: their evidence is removed, and what tells them from others kept."""

from __future__ import annotations

import shutil
from pathlib import Path

from ..records.instances import instance_of, kept_for
from ..records.serialization import to_json
from .layout import MISMATCHES, PARTIAL
from .reading import read_instances, read_mismatches


def fold(folder: Path) -> None:
    """Leave, of the mismatches that are one fault, the evidence of the one that is kept.

    Raises
    ------
    InvalidRecord
        If a mismatch is damaged.
    """
    found = {mismatch.id: instance_of(mismatch) for mismatch in read_mismatches(folder, [])}
    own = {identity: instance for identity, instance in found.items() if instance is not None}
    kept = kept_for((own | {each.id: each for each in read_instances(folder)}).values())
    for identity in kept.keys() & own.keys():
        path = folder / MISMATCHES / f"{identity}.json"
        partial = path.with_name(PARTIAL + path.name)
        partial.write_text(to_json(own[identity]) + "\n", "ascii")
        partial.replace(path)
        shutil.rmtree(folder / MISMATCHES / identity)
