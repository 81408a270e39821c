"""Where candidates are defined: found by path and by name, of every form, and never run."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.reports import CandidateInfo
from convoracle.reports.views.definition import definition

SOURCE = """raise RuntimeError("this is never run")

def conv(x, w): ...

conv = jit(conv)
typed: object = conv

class Outer:
    class Inner:
        def forward(self, input): ...
        async def jvp(self): ...
"""


def line(source: str, subject: str = "forward") -> int | None:
    found = definition(CandidateInfo("x", "", source), subject)
    return None if found is None else found.line


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    package = tmp_path / "package_of_kernels"
    package.mkdir()
    (package / "__init__.py").write_text("raise RuntimeError('nor this')\n\ndef conv(): ...\n")
    (package / "kernels.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(str(tmp_path))
    return package / "kernels.py"


@pytest.mark.parametrize(
    ("attribute", "subject", "expected"),
    [
        ("conv", "forward", 5),
        ("typed", "forward", 6),
        ("Outer.Inner", "forward", 10),
        ("Outer.Inner", "jvp", 11),
        ("Outer.Inner", "weight_gradient", 9),
        ("Outer", "forward", 8),
        ("nothing", "forward", None),
    ],
)
def test_a_name_is_found_where_the_module_gives_it_last(
    kernels: Path, attribute: str, subject: str, expected: int | None
) -> None:
    assert line(f"{kernels}:{attribute}", subject) == expected
    assert line(f"package_of_kernels.kernels:{attribute}", subject) == expected


def test_a_package_is_a_module(kernels: Path) -> None:
    assert line("package_of_kernels:conv") == 3


@pytest.mark.parametrize(
    "source",
    ["torch", "", "exec:node conv.js", "nowhere.py:conv", "no_such_module.at_all:conv", "os:", "sys:conv", "./lib.so"],
)
def test_what_has_no_source_has_no_place(source: str) -> None:
    assert line(source) is None


def test_what_is_no_source_has_no_place(tmp_path: Path) -> None:
    for number, text in enumerate((b"def conv(:", b"\xff\xfe", b"x = 1\0")):
        (tmp_path / f"{number}.py").write_bytes(text)
        assert line(f"{tmp_path / f'{number}.py'}:conv") is None


def test_a_path_is_told_from_the_root_of_what_is_checked_out(kernels: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    found = definition(CandidateInfo("x", "", f"{kernels}:conv"), "forward")
    assert found is not None
    monkeypatch.setenv("GITHUB_WORKSPACE", str(kernels.parents[1]))
    assert found.relative() == Path("package_of_kernels/kernels.py")
    monkeypatch.setenv("GITHUB_WORKSPACE", str(kernels.parent / "elsewhere"))
    assert found.relative() == kernels
