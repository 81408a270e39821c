"""Runs what the documentation shows: python docs/snippets.py --check, or --write to put today's outputs in.

A page is a session in a folder of its own, beside copies of the examples: its fences are taken in order.

- `sh` and `console` are run; what a `console` shows is what is printed (time spent aside).
- `python` is run, each after those before it; one that begins with `>>>` is a doctest.
- A fence of any language whose first line is a comment with nothing but a file's name is that file: it is written,
  or, where the repository has it, an excerpt of it. A `diff` changes a file that was written.

A comment before a fence says more: `<!-- needs: a GPU -->` (it is run where there is one, see `NEEDS`),
`<!-- not run: why -->`, `<!-- ends with: 1 -->`, `<!-- shown: from "words" to "others" -->`, the first such lines,
`<!-- abridged: by hand -->`, whose lines are among those printed.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from pathlib import Path

from pages import ROOT, Fence, fences, name_of, pages

MINUTES = 5
CUT = "…"
_SHOWN = re.compile(r'from "(.+?)" to "(.+?)"')
_SPENT = re.compile(r"\b\d+(\.\d+)? s\b|\bin [\d.]+s\b")


def _has(module: str) -> Callable[[], bool]:
    return lambda: importlib.util.find_spec(module) is not None


def _has_gpu() -> bool:
    return _has("triton")() and shutil.which("nvidia-smi") is not None


NEEDS: dict[str, Callable[[], bool]] = {
    "a GPU": _has_gpu,
    "a C compiler": lambda: shutil.which("cc") is not None,
    "ONNX": _has("onnx"),
    "Node.js": lambda: shutil.which("node") is not None,
    "PyTorch": _has("torch"),
    "jq": lambda: shutil.which("jq") is not None,
}
"""What a snippet may need, and whether it is here."""


@dataclass(frozen=True)
class Told:
    """What became of a fence: nothing but `lines` where it is as shown."""

    page: str
    fence: Fence
    lines: tuple[str, ...]
    """As they should be."""
    wrong: str = ""
    skipped: str = ""

    def __str__(self) -> str:
        what = self.wrong or (f"not run: {self.skipped}" if self.skipped else "as shown")
        first = next((line for line in self.fence.lines if line.strip()), "")
        return f"{self.page}:{self.fence.first + 1}: {self.fence.language} {first!r}: {what}"


def run_page(page: Path) -> Iterator[Told]:
    """What becomes of each fence of a page, in a session of its own."""
    with tempfile.TemporaryDirectory() as name:
        for folder in ("examples", "docs", "vectors"):
            shutil.copytree(ROOT / folder, Path(name) / folder, ignore=shutil.ignore_patterns("__pycache__", "_build"))
        is_example = page.is_relative_to(ROOT / "examples")
        folder = Path(name) / page.parent.relative_to(ROOT) if is_example else Path(name)
        earlier = list[str]()
        for fence in fences(page):
            yield _run(name_of(page), fence, folder, earlier)


def _run(page: str, fence: Fence, folder: Path, earlier: list[str]) -> Told:
    as_is = Told(page, fence, fence.lines)
    skipped = fence.remarks.get("not run", "") or _lacking(fence.remarks.get("needs"))
    if skipped:
        return replace(as_is, skipped=skipped)
    if fence.file:
        return replace(as_is, wrong=_write(fence, folder))
    match fence.language:
        case "console":
            return _run_console(as_is, folder)
        case "sh":
            done = _shell("set -e\n" + "\n".join(fence.lines), folder)
        case "python" if fence.lines[0].startswith(">>>"):
            done = _doctest(fence, folder)
        case "python":
            earlier.append("\n".join(fence.lines))
            done = _command([sys.executable, "-c", "\n".join(earlier)], folder)
        case _:
            return replace(as_is, skipped="to be read")
    return replace(as_is, wrong=_complaint(done, fence))


def _lacking(need: str | None) -> str:
    if need is None:
        return ""
    if need not in NEEDS:
        raise SystemExit(f"a snippet needs {need!r}, but should need one of {', '.join(NEEDS)}")
    return "" if NEEDS[need]() else f"needs {need}"


def _write(fence: Fence, folder: Path) -> str:
    """Write the file that a fence is, or change it; what is wrong with an excerpt."""
    rest = "\n".join(fence.lines[1:])
    target = folder / fence.file
    if fence.language == "diff":
        before = "\n".join(line[1:] for line in fence.lines[1:] if line[:1] != "+")
        after = "\n".join(line[1:] for line in fence.lines[1:] if line[:1] != "-")
        text = target.read_text()
        target.write_text(text.replace(before, after))
        return "" if text.count(before) == 1 else f"its lines are {text.count(before)} times in {fence.file}"
    if (ROOT / fence.file).exists():
        has = rest in _indented_as(rest, (ROOT / fence.file).read_text())
        return "" if has else f"not what {fence.file} has"
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text("\n".join(fence.lines) + "\n")
    return ""


def _indented_as(excerpt: str, text: str) -> str:
    """The text with as much less indentation as an excerpt of it has; as it is where that does not follow."""
    first = excerpt.partition("\n")[0]
    indentation = next((line.removesuffix(first) for line in text.splitlines() if line.endswith(first)), "")
    return "\n".join(line.removeprefix(indentation) for line in text.splitlines())


def _run_console(as_is: Told, folder: Path) -> Told:
    """Every command of a console, and what it prints."""
    lines, wrong = list[str](), ""
    commands = list(_commands(as_is.fence.lines))
    for command in commands:
        done = _shell("\n".join(line.removeprefix("$ ") for line in command), folder)
        is_last = command is commands[-1]
        wrong = wrong or _complaint(done, as_is.fence if is_last else Fence("console", 0, ()))
        printed = tuple(line.rstrip() for line in (done.stdout or done.stderr).splitlines())
        lines += [*command, *(_part(printed, as_is.fence.remarks.get("shown")) if is_last else printed)]
    shown = tuple(lines)
    if "abridged" in as_is.fence.remarks:
        lost = [line for line in as_is.lines if not any(line in printed for printed in shown)]
        return replace(as_is, wrong=wrong or (f"it does not print {lost[0]!r}" if lost else ""))
    if not wrong and _timeless(shown) != _timeless(as_is.fence.lines):
        wrong = "it prints:\n" + "\n".join(shown)
    return replace(as_is, lines=as_is.lines if _timeless(shown) == _timeless(as_is.lines) else shown, wrong=wrong)


def _commands(lines: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    """The lines of each command, which may go on behind a backslash; between them is what is shown of it."""
    for number, line in enumerate(lines):
        if line.startswith("$ "):
            end = number + 1
            while lines[end - 1].endswith("\\"):
                end += 1
            yield lines[number:end]


def _part(printed: tuple[str, ...], shown: str | None) -> tuple[str, ...]:
    """The lines that a remark asks for, with dots where something is left out."""
    match = _SHOWN.search(shown or "")
    if match is None:
        return printed
    first = next((number for number, line in enumerate(printed) if match[1] in line), None)
    last = next((number for number, line in enumerate(printed) if match[2] in line and number >= (first or 0)), None)
    if first is None or last is None:
        return (f"nothing from {match[1]!r} to {match[2]!r} is printed:", *printed)
    return (*((CUT,) * (first > 0)), *printed[first : last + 1], *((CUT,) * (last + 1 < len(printed))))


def _timeless(lines: tuple[str, ...]) -> list[str]:
    return [_SPENT.sub("some time", line) for line in lines]


def _doctest(fence: Fence, folder: Path) -> subprocess.CompletedProcess[str]:
    (folder / "doctest.txt").write_text("\n".join(fence.lines) + "\n")
    return _command([sys.executable, "-m", "doctest", "doctest.txt"], folder)


def _complaint(done: subprocess.CompletedProcess[str], fence: Fence) -> str:
    status = int(fence.remarks.get("ends with", "0"))
    return "" if done.returncode == status else f"it ended with {done.returncode}:\n{done.stdout}{done.stderr}"


def _shell(text: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return _command(["bash", "-c", text], folder)


def _command(words: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    own = {"PATH": f"{Path(sys.executable).parent}:{os.environ['PATH']}", "NO_COLOR": "1", "COLUMNS": "120"}
    quiet = {"OMP_NUM_THREADS": "1", "TF_CPP_MIN_LOG_LEVEL": "3", "PYTHONDONTWRITEBYTECODE": "1", "PIP_NO_INDEX": "1"}
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("GITHUB_", "PYTEST_"))}
    environment = kept | own | quiet | {"PYTHONPATH": str(folder)}
    return subprocess.run(
        words, cwd=folder, capture_output=True, text=True, timeout=60 * MINUTES, check=False, env=environment
    )


def rewritten(page: Path, told: list[Told]) -> str:
    """The page with the outputs of today."""
    lines = page.read_text().splitlines()
    for each in reversed(told):
        lines[each.fence.first : each.fence.first + len(each.fence.lines)] = each.lines
    return "\n".join(lines) + "\n"


def main() -> int:
    """Run the pages; ends with 1 if one does not show what is so."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="put what is printed today into the pages")
    parser.add_argument("--check", action="store_true", help="only tell what is not as shown (the default)")
    parser.add_argument("pages", nargs="*", type=Path, help="default: all")
    options = parser.parse_args()
    is_wrong = False
    for page in [path.resolve() for path in options.pages] or pages():
        told = list(run_page(page))
        for each in told:
            print(each)
        is_wrong |= any(each.wrong for each in told)
        if options.write:
            page.write_text(rewritten(page, told))
    return int(is_wrong)


if __name__ == "__main__":
    with contextlib.suppress(KeyboardInterrupt):
        sys.exit(main())
