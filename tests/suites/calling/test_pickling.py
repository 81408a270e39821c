"""Live candidates as bytes: what goes by value is whole in a process that knows nothing of the caller's modules."""

from __future__ import annotations

import importlib.util
import pickle
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import ModuleType

import cloudpickle
import numpy as np
import pytest

from convoracle.suites.calling.pickling import pickle_candidate
from convoracle.suites.candidates import CandidateError

MODULE = "a_module_that_only_this_process_knows"
SOURCE = """
import operator

class Base:
    def factor(self):
        return 3

class Conv(Base):
    def forward(self, x):
        return operator.mul(x, self.factor())

def helper(x):
    return x + 1

def conv(x):
    return helper(x) * 2

"""


@pytest.fixture
def private(tmp_path: Path) -> Iterator[ModuleType]:
    """A module of a file that no path leads to, as those of a test run in importlib mode are."""
    file = tmp_path / f"{MODULE}.py"
    file.write_text(SOURCE)
    spec = importlib.util.spec_from_file_location(MODULE, file)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[MODULE] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    yield module
    del sys.modules[MODULE]


def elsewhere(pickled: bytes, use: str) -> str:
    """What another process prints that has rebuilt the candidate and calls it `c`."""
    script = f"import pickle, sys; c = pickle.loads(sys.stdin.buffer.read()); print({use})"
    return subprocess.run(
        [sys.executable, "-c", script], input=pickled, capture_output=True, check=True
    ).stdout.decode()


def test_a_class_of_a_private_module_brings_all_that_it_rests_on(private: ModuleType) -> None:
    """In a process of its own, which could not import the module; this one forgets none of it."""
    pickled = pickle_candidate(private.Conv()).tobytes()
    assert elsewhere(pickled, "c.forward(14)") == "42\n"
    assert cloudpickle.list_registry_pickle_by_value() == set()


def test_a_function_is_rebuilt_with_its_helpers_and_its_file(private: ModuleType) -> None:
    pickled = pickle_candidate(private.conv).tobytes()
    del sys.modules[MODULE]
    rebuilt = pickle.loads(pickled)
    sys.modules[MODULE] = private
    assert rebuilt is not private.conv
    assert rebuilt(20) == 42
    assert rebuilt.__code__.co_filename == private.__file__
    assert rebuilt.__globals__["helper"].__code__.co_filename == private.__file__


def test_a_closure_keeps_what_it_closes_over() -> None:
    def scaled_by(factor: int) -> Callable[[int], int]:
        return lambda x: x * factor

    rebuilt = pickle.loads(pickle_candidate(scaled_by(7)).tobytes())
    assert rebuilt(6) == 42


@pytest.mark.parametrize("installed", [np.convolve, pickle_candidate, Path])
def test_what_is_installed_goes_by_its_name(installed: object) -> None:
    """The same object comes back, in few bytes."""
    pickled = pickle_candidate(installed).tobytes()
    assert pickle.loads(pickled) is installed
    assert len(pickled) < 100


def test_a_module_beside_the_script_goes_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A process with the same path finds it."""
    package = tmp_path / "package_on_the_path"
    package.mkdir()
    (package / "__init__.py").write_text("")
    (package / "kernels.py").write_text("def conv(x): return x\n")
    monkeypatch.syspath_prepend(tmp_path)
    from package_on_the_path import kernels  # type: ignore[import-not-found]

    assert pickle.loads(pickle_candidate(kernels.conv).tobytes()) is kernels.conv


MAKER = """
import sys, types
inner = sys.modules[__name__ + ".inner"] = types.ModuleType(__name__ + ".inner")
inner.__file__ = __file__
exec("class Conv: pass", vars(inner))
"""


def test_a_module_that_another_makes_goes_by_its_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As Triton's extension makes many, one of them with the name of a folder on the path."""
    (tmp_path / "maker.py").write_text(MAKER)
    (tmp_path / "inner").mkdir()
    monkeypatch.syspath_prepend(tmp_path)
    from maker import inner  # type: ignore[import-not-found]

    assert pickle.loads(pickle_candidate(inner.Conv).tobytes()) is inner.Conv


def test_a_choice_that_the_caller_made_with_cloudpickle_stays(private: ModuleType) -> None:
    cloudpickle.register_pickle_by_value(private)
    try:
        pickle_candidate(private.conv)
        assert cloudpickle.list_registry_pickle_by_value() == {MODULE}
    finally:
        cloudpickle.unregister_pickle_by_value(private)


def test_what_cannot_be_sent_is_named_with_the_reason_and_what_to_do(private: ModuleType) -> None:
    class Locked:
        def __init__(self) -> None:
            self.lock = threading.Lock()

    with pytest.raises(CandidateError) as raised:
        pickle_candidate(Locked())
    assert str(raised.value) == (
        "Locked cannot be sent to a process of its own (TypeError: cannot pickle '_thread.lock' object): "
        "give it as package.module:attribute or path/to/file.py:attribute, or run it in-process"
    )
    assert cloudpickle.list_registry_pickle_by_value() == set()


def test_any_error_in_the_midst_of_it_is_the_candidates() -> None:
    class Reluctant:
        def __reduce__(self) -> str:
            raise RuntimeError("not now")

    with pytest.raises(CandidateError, match=r"\(RuntimeError: not now\)"):
        pickle_candidate(Reluctant())
