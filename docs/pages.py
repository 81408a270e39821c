"""The pages of the documentation, and the fenced blocks of code in them."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ELSEWHERE = {
    "docs/findings.md": "tests/docs/test_findings.py runs the scripts from which its snippets are",
    "docs/decisions": "they tell what held when they were taken",
    "examples/c": "tests/suites/candidates/foreign/test_shared_library.py examines the library with each of its faults",
    "examples/cuda": "tests/suites/candidates/foreign/test_cuda_example.py examines it with each of its faults",
    "examples/node": "tests/suites/candidates/foreign/test_executable.py examines the program with its fault",
}
"""Pages whose snippets are not run here, and why."""
_FENCE = re.compile(r"^```(.*)$")
_REMARK = re.compile(r"^<!-- (needs|not run|ends with|shown|abridged): (.+) -->$")
_FILE = re.compile(r"^(?:#|//|---) ([\w./-]+\.\w+)$|^/\* ([\w./-]+\.\w+) \*/$")


@dataclass(frozen=True)
class Fence:
    """A fenced block of a page: its lines, where they stand, and what is said of it."""

    language: str
    first: int
    """Number of its first line in the page, from 0."""
    lines: tuple[str, ...]
    remarks: dict[str, str] = field(default_factory=dict)

    @property
    def is_run(self) -> bool:
        """Whether it is something to run; others are files, or to be read."""
        return self.language in ("sh", "console", "python")

    @property
    def file(self) -> str:
        """The name of the file that it is; empty if it is none."""
        match = _FILE.match(self.lines[0]) if self.lines else None
        return (match[1] or match[2]) if match else ""


def pages() -> list[Path]:
    """Every page with snippets that are run here."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/**/*.md"), *ROOT.glob("examples/*/*.md")]
    return [path for path in sorted(found) if not name_of(path).startswith(tuple(ELSEWHERE)) and fences(path)]


def fences(page: Path) -> list[Fence]:
    """The fences of a page, in order."""
    found, lines, remarks = list[Fence](), page.read_text().splitlines(), dict[str, str]()
    number = 0
    while number < len(lines):
        remark, opened = _REMARK.match(lines[number]), _FENCE.match(lines[number])
        if opened:
            end = lines.index("```", number + 1)
            if not opened[1].startswith("{"):
                found.append(Fence(opened[1], number + 1, tuple(lines[number + 1 : end]), remarks))
            number, remarks = end, {}
        elif remark:
            remarks = remarks | {remark[1]: remark[2]}
        elif lines[number].strip():
            remarks = {}
        number += 1
    return found


def name_of(page: Path) -> str:
    """As messages call it."""
    return str(page.relative_to(ROOT)) if page.is_relative_to(ROOT) else page.name
