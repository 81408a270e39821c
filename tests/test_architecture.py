"""The direction of imports, seen from a fresh interpreter."""

from __future__ import annotations

import subprocess
import sys

import pytest


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
