"""How many small changes of the judging code its tests notice: an operator, a comparison, a sign, a constant, an and.

Each change is made to one module in memory, in a process of its own that then runs the mirrored tests.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import multiprocessing
import os
import sys
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from itertools import repeat
from pathlib import Path
from random import Random

import hypothesis  # noqa: F401 - imported once, not in each process
import numpy as np  # noqa: F401
import pytest

ROOT = Path(__file__).parents[1]
JUDGING = (
    "oracle/judging",
    "oracle/rounding",
    "oracle/answers",
    "suites/checks",
    "suites/checks/relations",
    "suites/search",
)
"""What gives the answers, judges by them, asks and searches."""
PAIRS = (
    (ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.FloorDiv, ast.Mod), (ast.BitAnd, ast.BitOr), (ast.And, ast.Or),
    (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn),
)  # fmt: skip
OTHER = {**dict(PAIRS), **{second: first for first, second in PAIRS}}
NOTICED, SURVIVED, TOO_LONG = "noticed", "survived", "noticed, by taking too long"


@dataclass(frozen=True, slots=True)
class Change:
    """One small change: of the part of a module with this number, in the order of `ast.walk`."""

    module: Path
    number: int

    def applied(self) -> tuple[ast.Module, str]:
        """The module's tree with the change, and where and what it is."""
        tree = ast.parse(self.module.read_text())
        part = list(ast.walk(tree))[self.number]
        before = ast.unparse(part)
        _change(part)
        return tree, f"{self.module.relative_to(ROOT)}:{getattr(part, 'lineno', 0)}: {before}  ->  {ast.unparse(part)}"


def changes(module: Path) -> Iterator[Change]:
    """Every change of a module; none of its annotations, which are not evaluated."""
    tree = ast.parse(module.read_text())
    annotations = (getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns"))
    skipped = {id(part) for each in annotations if each is not None for part in ast.walk(each)}
    for number, node in enumerate(ast.walk(tree)):
        if id(node) not in skipped and _change(copy.deepcopy(node)):
            yield Change(module, number)


def _change(node: ast.AST) -> bool:
    """Change a node in place; whether there is anything to change."""
    match node:
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign() if type(node.op) in OTHER:
            node.op = OTHER[type(node.op)]()
        case ast.Compare() if type(node.ops[0]) in OTHER:
            node.ops[0] = OTHER[type(node.ops[0])]()
        case ast.UnaryOp(op=ast.USub() | ast.Invert() | ast.Not()):
            node.operand = ast.UnaryOp(type(node.op)(), node.operand)
        case ast.Constant() if type(node.value) in (int, float):
            node.value += 1
        case _:
            return False
    return True


class Changed(MetaPathFinder, InspectLoader):
    """Gives the changed module to whoever imports it."""

    def __init__(self, change: Change) -> None:
        self.name = ".".join(("convoracle", *change.module.relative_to(ROOT).with_suffix("").parts))
        self.tree = change.applied()[0]

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """Found are this module and no other."""
        return spec_from_loader(fullname, self) if fullname == self.name else None

    def get_source(self, fullname: str) -> str:
        """The changed text."""
        return ast.unparse(self.tree)


def _run(change: Change | None, tests: Sequence[str]) -> None:
    if change is not None:
        sys.meta_path.insert(0, Changed(change))
    with open(os.devnull, "w") as nowhere, contextlib.redirect_stdout(nowhere), contextlib.redirect_stderr(nowhere):
        ended = pytest.main(["-x", "-q", "-p", "no:cacheprovider", "-m", "not campaign", *tests])
    os._exit(0 if ended == pytest.ExitCode.OK else 1)


def outcome(change: Change | None, tests: Sequence[str], seconds: float) -> str:
    """What the tests say to a change, or to none."""
    process = multiprocessing.get_context("fork").Process(target=_run, args=(change, tests))
    process.start()
    process.join(seconds)
    if process.exitcode is None:
        process.kill()
        process.join()
        return TOO_LONG
    return SURVIVED if process.exitcode == 0 else NOTICED


def mirrored(module: Path) -> list[str]:
    """The tests of a module's folder, with those of the module itself first."""
    folder = Path("tests", module.relative_to(ROOT).parent)
    own = sorted((ROOT / folder).glob(f"test_{module.stem}*.py"))
    return [str(path.relative_to(ROOT)) for path in own] + [str(folder)]


def modules(places: Sequence[str]) -> list[Path]:
    """The modules at some places: folders or files, from the root."""
    found = [path for place in places for path in sorted((ROOT / place).glob("*.py")) or [ROOT / place]]
    return [path for path in found if path.name != "__init__.py"]


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a sample of the changes and tell which no test notices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", nargs="*", default=JUDGING, help="folders or modules (default: what judges)")
    parser.add_argument("--sample", type=int, default=0, help="so many changes (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--seconds", type=float, default=900.0, help="after which a change counts as noticed")
    parser.add_argument("--tests", nargs="+", help="files or folders instead of the mirrored ones")
    parser.add_argument("--workers", type=int, default=1, help="how many changes are tried at a time")
    options = parser.parse_args(arguments)
    every = [change for module in modules(options.places) for change in changes(module)]
    chosen = Random(options.seed).sample(every, options.sample) if options.sample else every
    tests = [options.tests or mirrored(change.module) for change in chosen]
    for names in dict.fromkeys(tuple(options.tests or names[-1:]) for names in tests):
        if outcome(None, names, options.seconds) != SURVIVED:
            sys.exit(f"{' '.join(names)}: should pass without a change")
    survived = 0
    with ProcessPoolExecutor(options.workers, multiprocessing.get_context("fork")) as pool:
        for change, came_to in zip(chosen, pool.map(outcome, chosen, tests, repeat(options.seconds)), strict=True):
            survived += came_to == SURVIVED
            print(f"{came_to}: {change.applied()[1]}", flush=True)
    print(f"{len(chosen) - survived} of {len(chosen)} noticed, of {len(every)} possible changes")


if __name__ == "__main__":
    main()
