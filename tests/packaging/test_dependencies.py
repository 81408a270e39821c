"""What convoracle rests on: few packages, each with its reason and a licence that fits, and locks that hold them."""

from __future__ import annotations

import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).parents[2]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
LOCKS = ("runtime.lock", "dev.lock")
PERMITTED = {
    "Apache-2.0",
    "MIT",
    "BSD-2-Clause",
    "BSD-3-Clause",
    "0BSD",
    "Zlib",
    "CC0-1.0",
    "PSF-2.0",
    "MPL-2.0",
    "ISC",
}
"""With which a work under Apache-2.0 can be handed on; MPL-2.0 as long as its files are not changed."""
BY_CLASSIFIER = {
    "Apache Software License": "Apache-2.0", "MIT License": "MIT", "BSD License": "BSD-3-Clause",
    "Mozilla Public License 2.0 (MPL 2.0)": "MPL-2.0",
}  # fmt: skip


def table() -> dict[str, str]:
    """The licence of each package in the table of requirements/README.md."""
    rows = re.findall(r"^\| ([\w-]+) \| .+ \| ([^|]+) \|$", (ROOT / "requirements" / "README.md").read_text(), re.M)
    return {name: licence for name, licence in rows if name != "package"}


def licences(name: str) -> set[str]:
    """What a package says of its licence, by its parts."""
    told = metadata.metadata(name)
    if expression := told.get("License-Expression"):
        return set(re.split(r" AND | OR ", expression.replace("(", "").replace(")", "")))
    classifiers = [text.rpartition(" :: ")[2] for text in told.get_all("Classifier", []) if text.startswith("License")]
    return {BY_CLASSIFIER.get(text, text) for text in classifiers}


def installed_with() -> list[str]:
    """The runtime dependencies and all that they bring."""
    found, waiting = set[str](), [Requirement(text) for text in PROJECT["dependencies"]]
    while waiting:
        each = waiting.pop()
        name = canonicalize_name(each.name)
        if name not in found and (each.marker is None or each.marker.evaluate({"extra": ""})):
            found.add(name)
            waiting += map(Requirement, metadata.requires(name) or ())
    return sorted(found)


@pytest.mark.parametrize("name", installed_with())
def test_what_is_installed_with_it_has_a_licence_that_fits(name: str) -> None:
    assert licences(name), name
    assert licences(name) <= PERMITTED


def test_each_dependency_is_told_with_its_licence() -> None:
    named = [Requirement(text).name for text in PROJECT["dependencies"]]
    assert list(table()) == named
    for name, licence in table().items():
        assert set(licence.split(" OR ")) <= licences(name), name


def locked(file: str) -> dict[str, list[Version]]:
    pins = re.findall(r"^([\w.-]+)==([\w.]+)", (ROOT / "requirements" / file).read_text(), re.M)
    versions: dict[str, list[Version]] = {}
    for name, version in pins:
        versions.setdefault(canonicalize_name(name), []).append(Version(version))
    return versions


@pytest.mark.parametrize("file", LOCKS)
def test_a_lock_holds_hashes_and_names_no_server(file: str) -> None:
    text = (ROOT / "requirements" / file).read_text()
    assert "://" not in text
    entries = re.split(r"^(?=[\w.-]+==)", text, flags=re.M)[1:]
    assert len(entries) >= len(PROJECT["dependencies"])
    assert [entry.split()[0] for entry in entries if "--hash=sha256:" not in entry] == []


@pytest.mark.parametrize("file", LOCKS)
def test_a_lock_has_what_is_admitted(file: str) -> None:
    extras = PROJECT["optional-dependencies"]
    wanted = [
        *PROJECT["dependencies"],
        *(extras["test"] + extras["docs"] + extras["browser"] if file == "dev.lock" else ()),
    ]
    versions = locked(file)
    for each in map(Requirement, wanted):
        assert all(each.specifier.contains(version) for version in versions[canonicalize_name(each.name)]), each


def test_the_tools_are_those_of_tox() -> None:
    versions = locked("dev.lock")
    frameworks = {"torch", "tensorflow-cpu"}
    sections = re.split(r"^(?=\[)", (ROOT / "tox.ini").read_text(), flags=re.M)
    others = "".join(section for section in sections if not section.startswith(("[testenv:lowest]", "[testenv:docs]")))
    pins = dict(re.findall(r"^    ([\w-]+)==([\w.]+)", others, re.M))
    assert pins.keys() > {"ruff", "mypy", "uv", "twine"}
    for name, version in pins.items():
        assert name in frameworks or Version(version) in versions[canonicalize_name(name)], name
