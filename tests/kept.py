"""What a run folder says, so that two can be compared: all but times, and where and how they were made."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

from convoracle.reports import read_records, read_run


def kept(folder: Path) -> dict[str, Any]:
    """All that a run says, without times, and where and how it was made."""
    records = [
        replace(record, results=tuple(replace(result, seconds=0.0) for result in record.results))
        for record in read_records(folder)
    ]
    files = {
        str(path.relative_to(folder)): path.read_bytes() for path in folder.glob("mismatches/**/*") if path.is_file()
    }
    finished = json.loads((folder / "finished.json").read_text())
    del finished["seconds"]
    return {
        "records": records,
        "files": sorted(path.name for path in folder.glob("records/*")),
        "mismatches": files,
        "finished": finished,
        "faults": read_run(folder).totals.counts.faults,
    }
