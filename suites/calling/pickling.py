"""Live candidates as bytes: functions of tests, scripts and closures go by value, installed ones by name."""

from __future__ import annotations

import contextlib
import io
import sys
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import cloudpickle
import numpy as np
from numpy.typing import NDArray

from ..candidates import CandidateError
from ..candidates.calls.naming import name_of


def pickle_candidate(candidate: object) -> NDArray[np.uint8]:
    """Pickle a live candidate for a process that imports nothing of the caller's own.

    Raises
    ------
    CandidateError
        If it holds something that cannot be pickled.
    """
    with _by_value(_private_modules()):
        try:
            pickled = _dumps(candidate)
        except Exception as error:
            raise CandidateError(
                f"{name_of(candidate)} cannot be sent to a process of its own ({type(error).__name__}: {error}): "
                f"give it as package.module:attribute or path/to/file.py:attribute, or run it in-process"
            ) from error
    return np.frombuffer(pickled, dtype=np.uint8)


def _dumps(candidate: object) -> bytes:
    stream = io.BytesIO()
    _Pickler(stream).dump(candidate)
    return stream.getvalue()


def _reduce_code(code: CodeType) -> tuple[Any, ...]:
    make, arguments = cloudpickle.Pickler.dispatch_table[CodeType](code)
    return _code_of_file, (code.co_filename, make, arguments)


def _code_of_file(file: str, make: type[CodeType], arguments: tuple[Any, ...]) -> CodeType:
    return make(*arguments).replace(co_filename=file)


class _Pickler(cloudpickle.Pickler):  # type: ignore[misc]
    """Keeps the file that a function stands in, to tell where it raised; cloudpickle drops it from 3.1.3 on."""

    dispatch_table = cloudpickle.Pickler.dispatch_table.new_child({CodeType: _reduce_code})


@contextlib.contextmanager
def _by_value(modules: list[ModuleType]) -> Iterator[None]:
    registered = []
    for module in modules:
        if module.__name__ not in cloudpickle.list_registry_pickle_by_value():
            cloudpickle.register_pickle_by_value(module)
            registered.append(module)
    try:
        yield
    finally:
        for module in registered:
            cloudpickle.unregister_pickle_by_value(module)


def _private_modules() -> list[ModuleType]:
    """The loaded modules that another process with the same path would not find."""
    folders = {str(Path(entry).resolve()) for entry in sys.path}
    return [
        module
        for name, module in list(sys.modules.items())
        if isinstance(module, ModuleType)
        and module.__name__ == name != "__main__"
        and isinstance(getattr(module, "__file__", None), str)
        and not _lies_in(folders, module, name)
        and not _is_found(name, module)
    ]


def _lies_in(folders: set[str], module: ModuleType, name: str) -> bool:
    file = Path(str(module.__file__))
    depth = name.count(".") + (1 if file.stem == "__init__" else 0)
    return len(file.parents) > depth and str(file.parents[depth]) in folders


def _is_found(name: str, module: ModuleType) -> bool:
    """Whether the import system finds this very file, asked afresh and level by level.

    What a module that is no package has below it, it makes itself, as extensions do.
    """
    path = None
    parts = name.split(".")
    for depth in range(1, len(parts) + 1):
        spec = next(filter(None, (_ask(finder, ".".join(parts[:depth]), path) for finder in sys.meta_path)), None)
        if spec is None:
            return False
        path = getattr(spec, "submodule_search_locations", None)
        if path is None:
            break
    origin = getattr(spec, "origin", None)
    return isinstance(origin, str) and Path(origin).resolve() == Path(str(module.__file__)).resolve()


def _ask(finder: object, name: str, path: object) -> object:
    find_spec = getattr(finder, "find_spec", None)
    return find_spec(name, path) if find_spec is not None else None
