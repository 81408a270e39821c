"""The versions of tools and packages that stand in several files agree."""

from __future__ import annotations

import configparser
import re
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
TOX = configparser.ConfigParser(interpolation=None)
TOX.read(ROOT / "tox.ini")


def pinned(text: str) -> dict[str, Version]:
    """Every ``name==version`` of a text."""
    return {name: Version(version) for name, version in re.findall(r"([\w-]+)==([\w.]+)", text)}


def test_the_lowest_versions_are_those_that_are_admitted() -> None:
    admitted = [Requirement(text) for text in (*PROJECT["dependencies"], *PROJECT["optional-dependencies"]["test"])]
    lowest = pinned(TOX["testenv:lowest"]["deps"])
    assert lowest.keys() == {each.name for each in admitted}
    for each in admitted:
        assert each.specifier == SpecifierSet(f">={lowest[each.name]}"), each.name


@pytest.mark.parametrize("file", [".pre-commit-config.yaml", "CONTRIBUTING.md"])
def test_tools_have_one_version(file: str) -> None:
    here = pinned((ROOT / file).read_text())
    tools = {name: version for section in TOX.values() for name, version in pinned(section.get("deps", "")).items()}
    assert "ruff" in here
    assert here == {name: tools.get(name) for name in here}


def test_every_python_that_is_named_has_an_environment() -> None:
    named = [text.removeprefix("Programming Language :: Python :: ") for text in PROJECT["classifiers"]]
    environments = re.split(r",\s*", TOX["tox"]["env_list"])
    assert [name.replace(".", "") for name in named if re.fullmatch(r"3\.\d+", name)] == [
        name.removeprefix("py") for name in environments if name.startswith("py")
    ]
    assert Version(PROJECT["requires-python"].removeprefix(">=")) == Version("3.11")
