"""The pytest plugin: the fixtures `conformance` and `conv_check`, and tests of the candidates that are named.

pytest imports this module at every start-up, so nothing heavy is imported here:
no NumPy, no Hypothesis, no framework, until a test asks for it.
"""

from __future__ import annotations

import contextlib
import inspect
import shutil
import signal
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from .settings import add_settings, candidates_of, profile_of, report_of, seed_of

if TYPE_CHECKING:
    from .fixture import Conformance
    from .shared_run import SharedRun

_SCRATCH = pytest.StashKey[Path]()
_SHARED: pytest.StashKey[SharedRun] = pytest.StashKey()
_OF_WORKERS = "convoracle_scratch"
_MARKER = (
    "conformance(candidate, *, ranks, dtypes, passes, cases): the candidate of a test with the fixture conv_check; "
    "every test of a candidate has this marker, for -m"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    add_settings(parser)


def pytest_configure(config: pytest.Config) -> None:
    config.addinivalue_line("markers", _MARKER)
    if not candidates_of(config):
        return
    given = getattr(config, "workerinput", {}).get(_OF_WORKERS)
    report = report_of(config)
    if given is None and report is not None:
        _require_for_a_run(report)
    if given is None:
        _end_as_with_ctrl_c()
    config.stash[_SCRATCH] = Path(given or tempfile.mkdtemp(prefix="convoracle-pytest-"))


def _end_as_with_ctrl_c() -> None:
    """Have SIGTERM end the session as Ctrl-C does, which leaves nothing behind; no handler is replaced."""
    with contextlib.suppress(ValueError):  # pytest may be run in a thread, which sets none
        if signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
            signal.signal(signal.SIGTERM, _interrupt)


def _interrupt(number: int, frame: object) -> None:
    raise KeyboardInterrupt


@pytest.hookimpl(optionalhook=True)
def pytest_configure_node(node: Any) -> None:
    """Tell a worker of pytest-xdist where all of them keep what was found."""
    if _SCRATCH in node.config.stash:
        node.workerinput[_OF_WORKERS] = str(node.config.stash[_SCRATCH])


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "conv_check" in metafunc.fixturenames:
        from .marked import parametrize

        parametrize(metafunc, _judge(metafunc.config))


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(session: pytest.Session, config: pytest.Config, items: list[pytest.Item]) -> None:
    """Add the tests of the candidates that are named, so that -k, -m and --lf apply to them too."""
    for item in items:
        fixtures = set(getattr(item, "fixturenames", ()))
        if "conv_check" not in fixtures and any(
            mark.name == "conformance" and _names(mark) for mark in item.own_markers
        ):
            told = "its marker conformance names a candidate, which nothing examines without the fixture conv_check"
            raise pytest.UsageError(f"{item.nodeid}: {told}")
        if {"conformance", "conv_check"} & fixtures:
            item.add_marker("conformance")
    if _SCRATCH in config.stash:
        from .items import items_of
        from .shared_run import SharedRun

        command = " ".join(["pytest", *map(str, config.invocation_params.args)])
        shared = SharedRun(config.stash[_SCRATCH], report_of(config), profile_of(config), seed_of(config), command)
        config.stash[_SHARED] = shared
        items.extend(items_of(session, shared, candidates_of(config)))


def pytest_collection_finish(session: pytest.Session) -> None:
    """Only the candidates of tests that are left are examined."""
    if _SHARED in session.config.stash:
        left = (getattr(item, "source", None) for item in session.items)
        session.config.stash[_SHARED].sources = tuple(source for source in dict.fromkeys(left) if source)


def pytest_terminal_summary(terminalreporter: Any, config: pytest.Config) -> None:
    report = report_of(config)
    if _SCRATCH in config.stash and report is not None and (report / "index.html").exists():
        terminalreporter.write_line(f"convoracle: report: {report / 'index.html'}")


def pytest_unconfigure(config: pytest.Config) -> None:
    if _SHARED in config.stash:
        config.stash[_SHARED].close()
    if _SCRATCH in config.stash and not hasattr(config, "workerinput"):
        shutil.rmtree(config.stash[_SCRATCH], ignore_errors=True)
        if signal.getsignal(signal.SIGTERM) is _interrupt:
            signal.signal(signal.SIGTERM, signal.SIG_DFL)


def pytest_pycollect_makeitem(collector: pytest.Module | pytest.Class, name: str, obj: object) -> None:
    """Refuse what pytest makes of a marker with a function or class alone: it marks that, and the test is lost."""
    if not inspect.isfunction(obj) and not inspect.isclass(obj):
        return
    marks = vars(obj).get("pytestmark")
    if not isinstance(marks, list) or collector.funcnamefilter(name) or collector.classnamefilter(name):
        return
    if any(isinstance(mark, pytest.Mark) and mark.name == "conformance" and not _names(mark) for mark in marks):
        told = f"pytest takes {name} for the test that is marked: write @pytest.mark.conformance(candidate={name})"
        raise pytest.Collector.CollectError(told)


@pytest.hookimpl(wrapper=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Iterator[None]:
    """A test that has the fixture `conv_check` and does not call it shows nothing."""
    result = yield
    check = pyfuncitem.funcargs.get("conv_check")
    if check is not None and not getattr(check, "was_called", True):
        pytest.fail("conv_check was not called: nothing was judged", pytrace=False)
    return result


@pytest.fixture(scope="session")
def conformance(request: pytest.FixtureRequest) -> Conformance:
    """Judge a convolution implementation in a test: ``conformance.check(my_conv2d)``.

    Fails with the smallest counterexamples in readable form.
    """
    return _judge(request.config)


@pytest.fixture
def conv_check(request: pytest.FixtureRequest) -> Callable[[], None]:
    """Judge one check on one pass of the candidate that the test's marker `conformance` names: ``conv_check()``."""
    from .marked import check_of

    return check_of(request)


def _require_for_a_run(folder: Path) -> None:
    from ...oracle.errors import InvalidArgument
    from ...reports.files.clearing import refuse_foreign

    try:
        refuse_foreign(folder)
    except InvalidArgument as error:
        raise pytest.UsageError(f"--conv-report: {error}") from None


def _names(mark: pytest.Mark) -> bool:
    return bool(mark.args or mark.kwargs)


def _judge(config: pytest.Config) -> Conformance:
    from .fixture import Conformance

    return Conformance(profile_of(config), seed_of(config))
