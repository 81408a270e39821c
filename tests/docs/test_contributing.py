"""What the documents for those who carry on say of folders, modules and names is so."""

from __future__ import annotations

import ast
import re
import tomllib
from pathlib import Path

import numpy as np
import pytest

from convoracle.oracle.answers import exact
from convoracle.oracle.judging.verdict import compare
from convoracle.oracle.numbers.dtypes import Arithmetic
from convoracle.oracle.operands.data import Case, real_operands
from convoracle.oracle.problem.geometry import parse_geometry
from convoracle.oracle.problem.passes import Pass
from convoracle.oracle.rounding.bounds import rounding_bound

ROOT = Path(__file__).parents[2]
ROOMS = ("oracle", "reports", "suites")
DECISIONS = sorted((ROOT / "docs" / "decisions").glob("[0-9]*.md"))
DOCUMENTS = (ROOT / "ARCHITECTURE.md", ROOT / "CONTRIBUTING.md", *DECISIONS)
NEW = re.compile(r"NAME")
"""What a recipe's reader makes is told with this in its name."""

each_document = pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)


def quoted(document: Path) -> list[str]:
    """What stands in backquotes in a line, without the blocks of code."""
    text = re.sub(r"^```.*?^```", "", document.read_text(), flags=re.MULTILINE | re.DOTALL)
    return [each for each in re.findall(r"`([^`\n]+)`", text) if not NEW.search(each)]


def names_in(module: Path) -> set[str]:
    """The functions, classes with their methods and constants that a module defines."""
    found = set[str]()
    for node in ast.walk(ast.parse(module.read_text())):
        match node:
            case ast.FunctionDef(name=name) | ast.ClassDef(name=name):
                found.add(name)
            case ast.Assign(targets=targets):
                found |= {each.id for target in targets for each in ast.walk(target) if isinstance(each, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=name)):
                found.add(name)
    return found


@each_document
def test_paths_exist(document: Path) -> None:
    paths = [each for each in quoted(document) if re.fullmatch(r"[\w.-]+(/[\w.*-]*)+", each)]
    assert paths
    assert [path for path in paths if not list(ROOT.glob(path.rstrip("/")))] == []


@each_document
def test_names_are_in_their_modules(document: Path) -> None:
    for each in quoted(document):
        if named := re.fullmatch(r"([\w./-]+\.py):([\w.]+)", each):
            assert set(named[2].split(".")) <= names_in(ROOT / named[1]), each


@each_document
def test_links_lead_somewhere(document: Path) -> None:
    links = re.findall(r"\]\(([^)#]+)(?:#[^)]*)?\)", document.read_text())
    assert [link for link in links if "://" not in link and not (document.parent / link).exists()] == []


def test_every_folder_of_the_rooms_is_in_the_architecture() -> None:
    packages = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["setuptools"]["packages"]
    folders = {package.removeprefix("convoracle.").replace(".", "/") + "/" for package in packages}
    on_disk = {f"{path.parent.relative_to(ROOT)}/" for room in ROOMS for path in (ROOT / room).rglob("__init__.py")}
    assert folders == on_disk
    assert folders - set(quoted(ROOT / "ARCHITECTURE.md")) == set()


def test_the_example_of_a_bound_holds() -> None:
    (example,) = re.findall(r"^```python\n(.*?)^```", DOCUMENTS[1].read_text(), flags=re.MULTILINE | re.DOTALL)
    used = (Arithmetic, Case, Pass, compare, exact, parse_geometry, real_operands, rounding_bound)
    namespace = {each.__name__.rpartition(".")[2]: each for each in used} | {"np": np}
    exec(example, namespace)
    namespace["test_an_error_up_to_the_bound_is_rounding_and_one_beyond_is_not"]()


@pytest.mark.parametrize("room", ROOMS)
def test_the_diagram_has_the_floors_that_are_enforced(room: str) -> None:
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    (enforced,) = (each["layers"] for each in contracts if each["name"] == f"the floors of {room}")
    drawn = DOCUMENTS[0].read_text().partition(f"subgraph {room}\n")[2].partition(" end\n")[0]
    floors = re.findall(r"\w+\[\"?(.*?)\"?\]", drawn)
    assert floors == [layer.replace(f"convoracle.{room}.", "").replace("|", "·") for layer in enforced]


def test_there_are_decisions_and_each_has_its_parts() -> None:
    assert [int(path.name[:4]) for path in DECISIONS] == list(range(1, len(DECISIONS) + 1))
    for path in DECISIONS:
        headings = re.findall(r"^## (.+)$", path.read_text(), flags=re.MULTILINE)
        assert headings == ["Context", "Decision", "Evidence", "Consequences"], path.name
