"""What the documentation shows is so: its commands and snippets are run, and a terminal shows what is printed."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
Script = Callable[[str], ModuleType]


def _pages() -> list[str]:
    """Those with something to run; told before any fixture is there, for each is a test."""
    found = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").rglob("*.md")]
    runs = re.compile(r"^```(sh|console|python)$", re.MULTILINE)
    elsewhere = ("docs/findings.md", "docs/decisions/", "docs/_build/")
    names = sorted(str(path.relative_to(ROOT)) for path in found if runs.search(path.read_text()))
    return [name for name in names if not name.startswith(elsewhere)]


@pytest.fixture(scope="module")
def snippets(script_named: Script) -> ModuleType:
    return script_named("docs/snippets.py")


@pytest.fixture(scope="module")
def pages(script_named: Script) -> ModuleType:
    return script_named("docs/pages.py")


@pytest.mark.parametrize("page", _pages())
def test_what_a_page_shows_is_so(snippets: ModuleType, page: str) -> None:
    """Finding N1 has `np.einsum` make NaN of nothing in some processes, which a page with such a kernel then tells."""
    for _ in range(2 if "np.einsum" in (ROOT / page).read_text() else 1):
        told = list(snippets.run_page(ROOT / page))
        print("\n".join(map(str, told)))
        wrong = [str(each) for each in told if each.wrong]
        if not wrong:
            break
    assert wrong == []


def test_every_page_with_snippets_is_run_here_or_elsewhere(pages: ModuleType) -> None:
    here = {pages.name_of(path) for path in pages.pages() if any(fence.is_run for fence in pages.fences(path))}
    assert here == set(_pages())
    assert len(here) > 15
    for name, why in pages.ELSEWHERE.items():
        assert (ROOT / name).exists()
        assert all((ROOT / test).exists() for test in re.findall(r"tests/\S+\.py", why))


def test_what_is_not_run_says_why_and_names_what_there_is(pages: ModuleType) -> None:
    reasons = [
        fence.remarks["not run"] for page in pages.pages() for fence in pages.fences(page) if "not run" in fence.remarks
    ]
    for reason in reasons:
        named = re.findall(r"(?:docs|tests)/[\w/-]+(?:\.md|\.py)?", reason)
        assert named or "package index" in reason or "machine without" in reason, reason
        assert all((ROOT / name).exists() for name in named), reason


PAGE = """\
# A page

```python
# wrong.py
def answer():
    return 41
```

```diff
--- wrong.py
-    return 41
+    return 42
```

```python
from wrong import answer

assert answer() == {answer}
```

```python
>>> from wrong import answer
>>> answer()
{answer}
```

<!-- ends with: 1 -->
<!-- shown: from "two" to "three" -->
```console
$ printf 'one\\ntwo\\nthree\\nfour\\n'; exit 1
…
two
{line}
…
```

<!-- not run: docs/tutorial.md has a better one -->
```sh
false
```
"""


def _run(snippets: ModuleType, folder: Path, text: str) -> list[Any]:
    page = folder / "page.md"
    page.write_text(text)
    return list(snippets.run_page(page))


@pytest.mark.parametrize(
    ("answer", "line", "wrong"),
    [
        (42, "three", []),
        (41, "three", ["python", "python"]),
        (42, "drei", ["console"]),
    ],
)
def test_what_is_not_so_is_told(snippets: ModuleType, tmp_path: Path, answer: int, line: str, wrong: list[str]) -> None:
    told = _run(snippets, tmp_path, PAGE.format(answer=answer, line=line))
    assert [each.fence.language for each in told] == ["python", "diff", "python", "python", "console", "sh"]
    assert [each.fence.language for each in told if each.wrong] == wrong
    assert [each.skipped for each in told][-1] == "docs/tutorial.md has a better one"


def test_another_exit_status_is_told(snippets: ModuleType, tmp_path: Path) -> None:
    told = _run(snippets, tmp_path, "```console\n$ echo a; exit 3\na\n```\n\n```sh\nfalse\n```\n")
    assert [each.wrong.partition(":")[0] for each in told] == ["it ended with 3", "it ended with 1"]


def test_lines_that_are_to_be_shown_and_are_not_printed_are_told(snippets: ModuleType, tmp_path: Path) -> None:
    page = '<!-- shown: from "one" to "three" -->\n```console\n$ printf "one\\ntwo\\n"\none\ntwo\n```\n'
    (console,) = _run(snippets, tmp_path, page)
    assert "\nnothing from 'one' to 'three' is printed:\none\ntwo" in console.wrong


def test_a_change_that_does_not_fit_is_told(snippets: ModuleType, tmp_path: Path) -> None:
    (_, change) = _run(snippets, tmp_path, "```python\n# a.py\nb\n```\n\n```diff\n--- a.py\n-c\n+d\n```\n")
    assert change.wrong == "its lines are 0 times in a.py"


def test_an_excerpt_that_is_none_is_told(snippets: ModuleType, tmp_path: Path) -> None:
    (excerpt,) = _run(snippets, tmp_path, "```python\n# examples/broken_conv2d.py\nwindow = 1\n```\n")
    assert excerpt.wrong == "not what examples/broken_conv2d.py has"


def test_what_a_snippet_cannot_need_is_refused(snippets: ModuleType, tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="a snippet needs 'luck', but should need one of a GPU"):
        _run(snippets, tmp_path, "<!-- needs: luck -->\n```sh\ntrue\n```\n")


def test_today_s_output_is_put_in(snippets: ModuleType, tmp_path: Path) -> None:
    told = _run(snippets, tmp_path, "a\n\n```console\n$ echo one\nold\nlines\n$ echo two\n```\n\nb\n")
    written = snippets.rewritten(tmp_path / "page.md", told)
    assert written == "a\n\n```console\n$ echo one\none\n$ echo two\ntwo\n```\n\nb\n"


def test_time_that_passes_is_no_change(snippets: ModuleType) -> None:
    assert snippets._timeless(("12 s; 3 passed in 4.56s",)) == snippets._timeless(("3 s; 3 passed in 0.1s",))
    assert snippets._timeless(("12 steps",)) != snippets._timeless(("13 steps",))
