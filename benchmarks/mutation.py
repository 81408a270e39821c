"""How many small changes of the judging code its tests notice: an operator, a comparison, a sign, a constant, an and.

The mirrored tests are collected, and run once to learn how long each takes and what it calls. Each change is made in
memory, in a process of its own. Where it is in a function, the function gets the changed code, and the tests that call
it are run, the quickest first, or all where none does, since it may be called in a fork; elsewhere, and where an import
calls the function, all is imported anew and tested.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import gc
import multiprocessing
import os
import sys
import tempfile
import threading
import time
from collections import Counter
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
from typing import NoReturn

import pytest
from _pytest.runner import runtestprotocol
from hypothesis import Phase, settings
from small_changes import NAMED, ROOT, Change, changes, equivalents, modules

JUDGING = (
    "oracle/judging",
    "oracle/rounding",
    "oracle/answers",
    "suites/checks",
    "suites/checks/relations",
    "suites/search",
)
"""What gives the answers, judges by them, asks and searches."""
NOTICED, SURVIVED, TOO_LONG, EQUIVALENT = "noticed", "survived", "noticed, by taking too long", "equivalent"
PYTEST = ("-q", "-s", "-m", "not campaign", "-p", "no:cacheprovider", "--hypothesis-profile=mutation")
_SURVIVED, _NOTICED = 0, 3
"""Exit statuses; also noticed is what ends by a signal."""
FORK = multiprocessing.get_context("fork")
Function = tuple[str, str]
"""The file that its module was imported from, and its name."""


def imported_name(module: Path) -> str:
    """The name by which a module is imported."""
    return ".".join(("convoracle", *module.relative_to(ROOT).with_suffix("").parts))


class Changed(MetaPathFinder, InspectLoader):
    """Gives the changed module to whoever imports it."""

    def __init__(self, change: Change) -> None:
        self.name = imported_name(change.module)
        self.tree = change.applied()

    def find_spec(self, fullname: str, path: object, target: object = None) -> ModuleSpec | None:
        """Found are this module and no other."""
        return spec_from_loader(fullname, self) if fullname == self.name else None

    def get_source(self, fullname: str) -> str:
        """The changed text."""
        return ast.unparse(self.tree)


def file_of(module: Path) -> str:
    """The file that a module was imported from, which may be an installed one."""
    return str(sys.modules[imported_name(module)].__file__)


def change_functions(change: Change) -> None:
    """Give the functions of an imported module their changed code."""
    file = file_of(change.module)
    changed = {_place(code): code for code in _codes(compile(change.applied(), file, "exec"))}
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
    at_import: frozenset[Function] = frozenset()

    @pytest.hookimpl(wrapper=True)
    def pytest_collection(self) -> Iterator[None]:
        """Note what is called when the tests are imported."""
        with _noted() as called:
            yield
        self.at_import = _names(called)

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
                came_to = _outcome(process.exitcode)
                process.kill()
                process.join()
                del running[process]
                self.tell(change, came_to)

    def _try(self, items: Sequence[pytest.Function], change: Change) -> None:
        name = change.function
        with _own_folder():
            if name is None or (file_of(change.module), name) in self.at_import:
                for item in items:
                    sys.modules.pop(item.module.__name__, None)
                os._exit(_SURVIVED if _passes_anew(change, self.own(change.module)) else _NOTICED)
            function = file_of(change.module), name
            change_functions(change)
            _forget()
            calling = [test for test in self.tests if function in test.called] or self.tests
            calling.sort(key=lambda test: test.seconds)
            os._exit(_SURVIVED if all(_passes(items[test.number]) for test in calling) else _NOTICED)


def _outcome(code: int | None) -> str:
    """What the exit status of a process says of its change; none was left by one that still ran."""
    if code == _SURVIVED:
        return SURVIVED
    if code is not None and code not in (_NOTICED, *range(-64, 0)):
        _stop(f"a process ended with exit code {code}")
    return TOO_LONG if code is None else NOTICED


def _measured(items: Sequence[pytest.Item]) -> list[Test]:
    """What each test calls, from a process of its own: what tests leave behind does not count."""
    receiver, sender = FORK.Pipe(duplex=False)
    process = FORK.Process(target=_measure, args=(items, sender))
    process.start()
    sender.close()
    try:
        tests: list[Test] | str = receiver.recv()
    except EOFError:
        _stop("the process of the tests ended")
    process.join()
    return tests if isinstance(tests, list) else _stop(f"{tests}: should pass without a change")


def _stop(reason: str) -> NoReturn:
    print(reason, file=sys.stderr)
    pytest.exit(reason, pytest.ExitCode.INTERNAL_ERROR)


def _measure(items: Sequence[pytest.Item], sender: Connection) -> None:
    tests = []
    with _own_folder():
        for number, item in enumerate(items):
            _forget()
            began = time.perf_counter()
            with _noted() as called:
                passes = _passes(item)
            if not passes:
                sender.send(item.nodeid)
                os._exit(1)
            tests.append(Test(number, time.perf_counter() - began, _names(called)))
        sender.send(tests)
    os._exit(0)


@contextlib.contextmanager
def _noted() -> Iterator[set[CodeType]]:
    """The code of every function that is called meanwhile."""
    called: set[CodeType] = set()

    def note(frame: FrameType, event: str, argument: object) -> None:
        called.add(frame.f_code)

    threading.settrace(note)
    sys.settrace(note)
    yield called
    sys.settrace(None)
    threading.settrace(None)  # type: ignore[arg-type]


def _names(called: set[CodeType]) -> frozenset[Function]:
    return frozenset((code.co_filename, code.co_qualname.split(".<locals>")[0]) for code in called)


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
        if name.startswith("convoracle.")
        or Path(getattr(module, "__file__", None) or "/").is_relative_to(ROOT / "tests")
    }


def _passes_anew(change: Change, tests: Sequence[str]) -> bool:
    for name in _ours():
        del sys.modules[name]
    sys.meta_path.insert(0, Changed(change))
    return pytest.main([*PYTEST, "-x", *tests]) == pytest.ExitCode.OK


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


def main(arguments: Sequence[str] | None = None) -> None:
    """Make a sample of the changes and tell which no test notices."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("places", nargs="*", default=JUDGING, help="folders or modules (default: what judges)")
    parser.add_argument("--sample", type=int, default=0, help="so many changes (default: all)")
    parser.add_argument("--seed", type=int, default=0, help="of the sample")
    parser.add_argument("--seconds", type=float, default=900.0, help="after which a change counts as noticed")
    parser.add_argument("--tests", nargs="+", help="files or folders instead of the mirrored ones")
    parser.add_argument("--workers", type=int, default=1, help="how many changes are tried at a time")
    parser.add_argument("--named", action="store_true", help=f"try also the changes that are named in {NAMED.name}")
    options = parser.parse_args(arguments)
    every = [change for module in modules(options.places) for change in changes(module)]
    chosen = Random(options.seed).sample(every, options.sample) if options.sample else every
    outcomes, equivalent = [], equivalents()
    told = open(os.dup(sys.stdout.fileno()), "w", buffering=1)  # noqa: SIM115 - open to the end

    def tell(change: Change, came_to: str) -> None:
        outcomes.append(came_to)
        print(f"{came_to}: {change.told()}", file=told)

    os.environ["OMP_NUM_THREADS"] = "1"  # a fork has no thread but one
    settings.register_profile(
        "mutation", deadline=None, derandomize=True, phases=(Phase.explicit, Phase.generate), database=None
    )
    by_tests: dict[tuple[str, ...], list[Change]] = {}
    for change in chosen:
        if change.named() in equivalent and not options.named:
            tell(change, EQUIVALENT)
            continue
        by_tests.setdefault(tuple(options.tests or mirrored(change.module)[-1:]), []).append(change)
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    for tests, of_these in by_tests.items():
        own = mirrored if options.tests is None else lambda module, tests=tests: tests
        trials = Trials(of_these, own, options.workers, options.seconds, tell)
        if pytest.main([*PYTEST, *tests], plugins=[trials]) != pytest.ExitCode.OK:
            sys.exit(2)
    counts = Counter(NOTICED if came_to == TOO_LONG else came_to for came_to in outcomes)
    print(", ".join(f"{count} {came_to}" for came_to, count in counts.items()), f"of {len(every)} changes", file=told)


if __name__ == "__main__":
    main()
