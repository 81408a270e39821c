"""The direction of imports, seen from a fresh interpreter, and the modules that are named in texts."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
NAMED = re.compile(r"convoracle((?:\.\w+)+)")


def _loaded_by(module: str) -> set[str]:
    script = f"import {module}, sys; print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, cwd="/")
    return {name.split(".")[0] for name in done.stdout.split()} | set(done.stdout.split())


@pytest.mark.parametrize(
    "module", ["convoracle.oracle", "convoracle.oracle.answers.exact", "convoracle.oracle.answers.differences"]
)
def test_the_oracle_loads_nothing_above_it(module: str) -> None:
    loaded = _loaded_by(module)
    assert not loaded & {"hypothesis", "pytest", "torch", "tensorflow", "rich", "jinja2"}
    assert not {name for name in loaded if name.startswith(("convoracle.reports", "convoracle.suites"))}


def test_reports_load_no_suite_and_no_framework() -> None:
    loaded = _loaded_by("convoracle.reports.page.html")
    assert not loaded & {"hypothesis", "pytest", "torch", "tensorflow"}
    assert not {name for name in loaded if name.startswith("convoracle.suites")}


def test_the_command_loads_no_framework_until_it_is_asked_for() -> None:
    assert not _loaded_by("convoracle.suites.command.cli") & {"torch", "tensorflow", "pytest"}


def _texts() -> Iterator[Path]:
    for folder in ("oracle", "reports", "suites", "tests", "benchmarks", "docs", "examples"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md"))
    yield from (
        ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "tox.ini", "pyproject.toml")
    )


def _is_there(name: str) -> bool:
    """Whether a name below the umbrella is a folder, a module or something in one."""
    path = ROOT / name.strip(".").replace(".", "/")
    module = path.parent / "__init__.py" if path.parent.is_dir() else path.parent.with_suffix(".py")
    return path.is_dir() or path.with_suffix(".py").is_file() or (module.is_file() and path.name in module.read_text())


def test_modules_that_are_named_in_any_text_are_there() -> None:
    named = {(str(path.relative_to(ROOT)), name) for path in _texts() for name in NAMED.findall(path.read_text())}
    rooms = [(path, name) for path, name in named if re.match(r"\.(oracle|reports|suites)\b", name)]
    assert len(rooms) > 100
    assert [(path, name) for path, name in sorted(rooms) if not _is_there(name)] == []
