"""How many small changes of the judging code its tests notice: an operator, a comparison, a sign, a constant, an and.

The mirrored tests are collected, and run once to learn how long each takes and what it calls. Each change is made in
memory, in a process of its own. Where it is in a function, the function gets the changed code, and the
tests that call it are run, the quickest first; elsewhere the module is imported anew, and all the tests are run.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import copy
import gc
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from importlib.abc import InspectLoader, MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_loader
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from pathlib import Path
from random import Random
from types import CodeType, FrameType, FunctionType

import pytest
from _pytest.runner import runtestprotocol

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
PYTEST = ("-q", "-s", "-m", "not campaign", "-p", "no:cacheprovider")
FORK = multiprocessing.get_context("fork")
Function = tuple[str, str]
"""Its module's file and its name, as `Class.method` where it is one."""


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
        ast.fix_missing_locations(tree)
        return tree, f"{self.module.relative_to(ROOT)}:{getattr(part, 'lineno', 0)}: {before}  ->  {ast.unparse(part)}"

    def function(self) -> Function | None:
        """The function in whose body it is; None where it takes effect when the module is imported."""
        tree = ast.parse(self.module.read_text())
        part = list(ast.walk(tree))[self.number]
        inside = (name for name, body in _bodies(tree) if any(part is each for line in body for each in ast.walk(line)))
        name = next(inside, None)
        return None if name is None else (str(self.module), name)


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


def _bodies(parent: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, list[ast.stmt]]]:
    """The functions and methods of a module, without those in others."""
    for statement in parent.body:
        if isinstance(statement, ast.ClassDef):
            yield from _bodies(statement, f"{prefix}{statement.name}.")
        elif isinstance(statement, ast.FunctionDef):
            yield prefix + statement.name, statement.body


def imported_name(module: Path) -> str:
    """The name by which a module is imported."""
    return ".".join(("convoracle", *module.relative_to(ROOT).with_suffix("").parts))


class Changed(MetaPathFinder, InspectLoader):
    """Gives the changed module to whoever imports it."""

    def __init__(self, change: Change) -> None:
        self.name = imported_name(change.module)
        self.tree = change.applied()[0]

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """Found are this module and no other."""
        return spec_from_loader(fullname, self) if fullname == self.name else None

    def get_source(self, fullname: str) -> str:
        """The changed text."""
        return ast.unparse(self.tree)


def change_functions(change: Change) -> None:
    """Give the functions of an imported module their changed code."""
    file = str(sys.modules[imported_name(change.module)].__file__)
    changed = {_place(code): code for code in _codes(compile(change.applied()[0], file, "exec"))}
    for function in gc.get_objects():
        if isinstance(function, FunctionType) and function.__code__.co_filename == file:
            function.__code__ = changed.get(_place(function.__code__), function.__code__)


def _codes(code: CodeType) -> Iterator[CodeType]:
    """The code of the functions in a code, lambdas left out: two in one line have one place."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from _codes(constant)
            if constant.co_name != "<lambda>":
                yield constant


def _place(code: CodeType) -> tuple[str, int]:
    return code.co_qualname, code.co_firstlineno


@dataclass(frozen=True, slots=True)
class Test:
    """A collected test: its number, how long it takes, and what it calls."""

    number: int
    seconds: float
    called: frozenset[Function]


@dataclass(slots=True)
class Trials:
    """A pytest plugin: runs the collected tests once, and then against each change.

    Parameters
    ----------
    changes : sequence of Change
    own : mapping of Path to list of str
        What to run where a module has to be imported anew.
    workers : int
        Changes that are tried at a time.
    seconds : float
        After which a change counts as noticed.
    tell : function
        Is told the outcome of each change.
    """

    changes: Sequence[Change]
    own: Callable[[Path], Sequence[str]]
    workers: int
    seconds: float
    tell: Callable[[Change, str], None]
    tests: list[Test] = field(default_factory=list)

    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        """Try the changes, in place of running the tests."""
        self.tests = _measured(session.items)
        running: dict[BaseProcess, tuple[Change, float]] = {}
        for change in self.changes:
            process = FORK.Process(target=self._try, args=(session.items, change))
            process.start()
            running[process] = change, time.monotonic() + self.seconds
            self._collect(running, self.workers - 1)
        self._collect(running, 0)
        return True

    def _collect(self, running: dict[BaseProcess, tuple[Change, float]], at_most: int) -> None:
        """Wait until no more than so many of the processes run."""
        while len(running) > at_most:
            wait([process.sentinel for process in running], timeout=1)
            for process, (change, deadline) in list(running.items()):
                if process.exitcode is None and time.monotonic() < deadline:
                    continue
                came_to = TOO_LONG if process.exitcode is None else NOTICED if process.exitcode else SURVIVED
                process.kill()
                process.join()
                del running[process]
                self.tell(change, came_to)

    def _try(self, items: Sequence[pytest.Item], change: Change) -> None:
        function = change.function()
        with _own_folder():
            if function is None:
                os._exit(_imported_anew(change, self.own(change.module)))
            change_functions(change)
            _forget()
            calling = sorted((test for test in self.tests if function in test.called), key=lambda test: test.seconds)
            os._exit(0 if all(map(_passes, (items[test.number] for test in calling))) else 1)


def _measured(items: Sequence[pytest.Item]) -> list[Test]:
    """What each test calls, from a process of its own: what tests leave behind does not count."""
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_measure, args=(items, sender))
    process.start()
    sender.close()
    try:
        tests: list[Test] | str = receiver.recv()
    except EOFError:
        sys.exit("the process of the tests ended")
    process.join()
    return tests if isinstance(tests, list) else sys.exit(f"{tests}: should pass without a change")


def _measure(items: Sequence[pytest.Item], sender: Connection) -> None:
    tests = []
    with _own_folder():
        for number, item in enumerate(items):
            called: set[CodeType] = set()

            def note(frame: FrameType, event: str, argument: object, called: set[CodeType] = called) -> None:
                called.add(frame.f_code)

            _forget()
            began = time.perf_counter()
            threading.settrace(note)
            sys.settrace(note)
            passes = _passes(item)
            sys.settrace(None)
            threading.settrace(None)  # type: ignore[arg-type]
            if not passes:
                sender.send(item.nodeid)
                os._exit(1)
            names = frozenset((code.co_filename, code.co_qualname.split(".<locals>")[0]) for code in called)
            tests.append(Test(number, time.perf_counter() - began, names))
        sender.send(tests)
    os._exit(0)


def _passes(item: pytest.Item) -> bool:
    return not any(report.failed for report in runtestprotocol(item, log=False))


def _forget() -> None:
    """Empty the caches of our functions."""
    for module in list(_ours().values()):
        for value in list(vars(module).values()):
            if hasattr(value, "cache_clear"):
                value.cache_clear()


def _ours() -> dict[str, object]:
    """The imported modules of this project, its tests included."""
    return {
        name: module
        for name, module in sys.modules.items()
        if name != "__main__" and str(getattr(module, "__file__", "")).startswith(str(ROOT))
    }


def _imported_anew(change: Change, tests: Sequence[str]) -> int:
    for name in _ours():
        del sys.modules[name]
    sys.meta_path.insert(0, Changed(change))
    return int(pytest.main([*PYTEST, "-x", *tests]))


@contextlib.contextmanager
def _own_folder() -> Iterator[None]:
    """Where pytest makes its temporary folders in this process."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        os.environ["PYTEST_DEBUG_TEMPROOT"] = folder
        yield


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
    outcomes = []
    told = open(os.dup(sys.stdout.fileno()), "w", buffering=1)  # noqa: SIM115 - open to the end

    def tell(change: Change, came_to: str) -> None:
        outcomes.append(came_to)
        print(f"{came_to}: {change.applied()[1]}", file=told)

    os.environ |= {"CI": "1", "OMP_NUM_THREADS": "1"}  # the same examples each time; no thread that a fork would lose
    by_tests: dict[tuple[str, ...], list[Change]] = {}
    for change in chosen:
        by_tests.setdefault(tuple(options.tests or mirrored(change.module)[-1:]), []).append(change)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    for tests, of_these in by_tests.items():
        own = mirrored if options.tests is None else lambda module, tests=tests: tests
        pytest.main([*PYTEST, *tests], plugins=[Trials(of_these, own, options.workers, options.seconds, tell)])
    print(
        f"{len(chosen) - outcomes.count(SURVIVED)} of {len(chosen)} noticed, of {len(every)} possible changes",
        file=told,
    )


if __name__ == "__main__":
    main()
