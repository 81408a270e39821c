"""The direction of imports, seen from a fresh interpreter; what texts name; and who spells the name of a check."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from convoracle.suites.checks.registry import CHECKS

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
    loaded = _loaded_by("convoracle.reports.site.html")
    assert not loaded & {"hypothesis", "pytest", "torch", "tensorflow"}
    assert not {name for name in loaded if name.startswith("convoracle.suites")}


def test_the_command_loads_no_framework_until_it_is_asked_for() -> None:
    assert not _loaded_by("convoracle.suites.command.cli") & {"torch", "tensorflow", "pytest"}


def test_a_check_loads_only_what_its_first_case_needs() -> None:
    loaded = _loaded_by("convoracle.suites.command.check_command")
    assert not loaded & {"hypothesis", "asyncio", "jinja2", "rich.progress", "convoracle.reports.site"}
    assert not loaded & {"convoracle.suites.diagnosis.diagnosing", "convoracle.suites.audits.own_covering"}


def _texts() -> Iterator[Path]:
    for folder in ("oracle", "reports", "suites", "tests", "benchmarks", "docs", "examples"):
        yield from (path for path in (ROOT / folder).rglob("*") if path.suffix in (".py", ".md"))
    yield from (
        ROOT / name for name in ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "tox.ini", "pyproject.toml")
    )


def _is_there(name: str) -> bool:
    """Whether a name below the umbrella is a folder, a module or something in one."""
    path = ROOT / name.strip(".").replace(".", "/")
    homes = path.parent.glob("__init__.py*") if path.parent.is_dir() else [path.parent.with_suffix(".py")]
    is_in_one = any(path.name in home.read_text() for home in homes if home.is_file())
    return path.is_dir() or path.with_suffix(".py").is_file() or is_in_one


def test_modules_that_are_named_in_any_text_are_there() -> None:
    named = {(str(path.relative_to(ROOT)), name) for path in _texts() for name in NAMED.findall(path.read_text())}
    rooms = [(path, name) for path, name in named if re.match(r"\.(oracle|reports|suites)\b", name)]
    assert len(rooms) > 100
    assert [(path, name) for path, name in sorted(rooms) if not _is_there(name)] == []


MAY_NAME_A_CHECK = {
    "suites/candidates/scipy/builtin.py": "contamination: a convention that it declares",
    "reports/records/migration.py": "records of schemas 2 to 4 do not say what there is to know of their checks",
    "suites/calling/isolation.py": "company, illegal: what the process that calls is told to do",
    "suites/calling/worker.py": "company, illegal: what the process that calls is told to do",
    "suites/vectors/export.py": "illegal: a key of the published vectors",
    "suites/vectors/manifest.py": "illegal: a key of the published vectors",
    "suites/vectors/verify.py": "illegal: a key of the published vectors",
    "suites/command/vectors_command.py": "illegal: a key of the published vectors",
}
"""Outside `suites/checks`, the modules in which the name of a check stands, and what for; the oracle knows of none."""


def _names_of_checks(source: str) -> set[str]:
    """The checks that a module names: as text, alone or with a colon, as a constant, or by importing its module."""
    told = set()
    for node in ast.walk(ast.parse(source)):
        match node:
            case ast.Constant(value=str(text)):
                told.add(text.partition(":")[0])
            case ast.Name(id=name) | ast.Attribute(attr=name) | ast.alias(name=name) if name.isupper():
                told.add(name.strip("_").lower())
            case ast.ImportFrom(module=str(module), names=names) if re.search(r"\bchecks\b", module):
                told |= {*module.split("."), *(alias.name for alias in names)}
                told |= {"relation"} & {name.removesuffix("s") for name in told}
    return told & set(CHECKS)


def _naming_a_check() -> dict[str, set[str]]:
    modules = (path for room in ("reports", "suites") for path in (ROOT / room).rglob("*.py"))
    others = (path for path in modules if ROOT / "suites" / "checks" not in path.parents)
    found = {str(path.relative_to(ROOT)): _names_of_checks(path.read_text()) for path in others}
    return {path: names for path, names in found.items() if names}


def test_nobody_else_spells_the_name_of_a_check() -> None:
    """What is to be known of a check is a property of its kind, or in the record: else one more check is forgotten."""
    assert _naming_a_check().keys() == MAY_NAME_A_CHECK.keys()


@pytest.mark.parametrize(
    ("source", "names"),
    [
        ('if result.check == "company":\n    pass', {"company"}),
        ('known = ("reals", "relation:stride")', {"relation"}),
        ('name = f"relation:{each}"', {"relation"}),
        ("told = Check.STRUCTURE", {"structure"}),
        ('_COMPANY = "in company"', {"company"}),
        ("from ..checks.adjoint import KIND", {"adjoint"}),
        ("from ..checks import reach", {"reach"}),
        ("from ..checks.relations import relation_of", {"relation"}),
        ("from ..checks.value import standard", set()),
        ("company = calls_of(precision)", set()),
        ('"""Calls in company."""', set()),
    ],
)
def test_a_name_is_seen_in_each_form(source: str, names: set[str]) -> None:
    assert _names_of_checks(source) == names
