"""Loading a candidate from its text form or from a live object, with errors that say what to do."""

from __future__ import annotations

import difflib
import hashlib
import importlib
import importlib.util
import inspect
import os
import shlex
import sys
import traceback
from collections.abc import Callable, Collection, Iterable, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, cast

from ....oracle.numbers.dtypes import (
    COMPONENTS,
    CONVENTIONS,
    DTYPES,
    EVERYDAY,
    FORMATS,
    RESULT_DTYPES,
    is_value,
    values_of,
)
from ....oracle.problem.passes import Pass
from ....reports.records.record import CandidateInfo
from .. import BUILT_IN, FORMS, FRAMEWORKS, CandidateError, how_to_install
from ..calls.call_text import Origin
from ..calls.domain import Domain, parse_domain
from ..calls.naming import name_of
from ..foreign.executable import EXECUTABLE_PREFIX, Executable
from ..foreign.post_mortem import beginning
from ..foreign.shared_library import FILE_NAME as LIBRARY_NAME
from ..foreign.shared_library import SharedLibrary
from ..protocol import Candidate
from .adapting import adapted
from .by_name import ByName, by_name
from .loaded import LoadedCandidate

__all__ = ["CandidateError", "bind_object", "load"]

_HASH_DIGITS = 12


def load(source: str) -> LoadedCandidate:
    """Load a candidate from its text form.

    A built-in name, ``package.module:attribute``, ``path/to/file.py:attribute``, the path of a
    shared library, or ``exec:program argument ...``.

    Raises
    ------
    CandidateError
        If there is no such candidate, it cannot be imported, or it has none of
        the functions of a candidate.
    """
    if source in BUILT_IN:
        return _load_built_in(source)
    if source.startswith(EXECUTABLE_PREFIX):
        return _load_executable(source)
    if LIBRARY_NAME.fullmatch(source):
        library = SharedLibrary(source)
        return bind_object(library, source=str(library.path), name=library.path.name)
    module_text, separator, attribute = source.rpartition(":")
    if not separator or not module_text or not attribute:
        raise CandidateError(_unknown(source))
    if module_text.endswith(".py"):
        module = _module_from_file(Path(module_text))
        name = f"{Path(module_text).name}:{attribute}"
        source = f"{Path(module_text).resolve()}:{attribute}"
    else:
        module, name = _module_from_name(module_text), source
    return bind_object(_attribute(module, attribute, source), source=source, name=name)


def bind_object(candidate: object, *, source: str = "", name: str = "") -> LoadedCandidate:
    """Load a live function, instance or class (which is instantiated without arguments).

    Raises
    ------
    CandidateError
        If it has neither `evaluate` and `passes` nor one of the functions of a candidate, or
        one of these requires an argument that cannot be given.
    """
    original, candidate = candidate, adapted(candidate)
    name = beginning(name or str(getattr(candidate, "name", "") or name_of(candidate)))
    kind = "class" if inspect.isclass(candidate) else "object" if candidate is original else "adapted"
    instance = _instantiate(candidate, name) if inspect.isclass(candidate) else candidate
    evaluating = _evaluating(instance, name)
    functions = evaluating.functions if isinstance(evaluating, ByName) else {}
    if Pass.FORWARD in functions and functions[Pass.FORWARD].function is instance:
        kind = "function"
    domain = parse_domain(getattr(original if kind == "adapted" else instance, "domain", {}), name)
    return LoadedCandidate(
        info=CandidateInfo(
            name,
            beginning(str(getattr(instance, "version", ""))),
            source,
            accumulators=_declared(instance, name, "accumulators", DTYPES, (*FORMATS, *COMPONENTS)),
            multipliers=_declared(instance, name, "multipliers", DTYPES, (*FORMATS, *COMPONENTS)),
            results=_declared(instance, name, "results", DTYPES, RESULT_DTYPES),
            conventions=_conventions(instance, name),
            dtypes=_asked_in(instance, domain, name, DTYPES if source in BUILT_IN else EVERYDAY),
            validates=bool(getattr(instance, "validates", False)),
            rests_on=_rests_on(instance, name),
            domain=domain.declared,
            values=domain.values or None,
            threads=domain.threads,
            content=_content(source),
        ),
        candidate=evaluating,
        functions=functions,
        origin=Origin(source, name, kind, "" if source else _place(candidate)),
        domain=domain,
        own_limitation=getattr(instance, "limitation", None),
        own_call_text=getattr(instance, "call_text", None),
        zero_directions=bool(getattr(instance, "zero_directions", False)),
        seconds_per_call=float(getattr(instance, "seconds_per_call", None) or 0.0),
    )


def _content(source: str) -> str:
    """Digits of a hash of the user's files that a candidate is loaded from; empty where there are none."""
    place, _, _ = source.rpartition(":")
    if source.startswith(EXECUTABLE_PREFIX):
        named = shlex.split(source.removeprefix(EXECUTABLE_PREFIX))
    elif source in BUILT_IN:
        named = []
    else:
        named = [source, place, getattr(sys.modules.get(place), "__file__", None) or ""]
    digest, files = hashlib.sha256(), [path for path in map(Path, named) if path.is_file()]
    for path in files:
        with path.open("rb") as stream:
            digest.update(hashlib.file_digest(stream, "sha256").digest())
    return digest.hexdigest()[:_HASH_DIGITS] if files else ""


def _evaluating(instance: object, name: str) -> Candidate:
    """The object itself where it has `evaluate` and `passes`, else its functions as a candidate."""
    if not callable(getattr(instance, "evaluate", None)) or not hasattr(instance, "passes"):
        return by_name(instance, name)
    passes = instance.passes
    if not isinstance(passes, Collection) or not passes or not all(isinstance(each, Pass) for each in passes):
        known = ", ".join(f"Pass.{pass_.name}" for pass_ in Pass)
        raise CandidateError(f"{name} declares passes={passes!r}, but should name some of {known}")
    return cast(Candidate, instance)


def _declared(
    instance: object, name: str, attribute: str, keys: Collection[str], values: Collection[str]
) -> tuple[tuple[str, str], ...]:
    """What a candidate declares of its arithmetic, checked: sorted pairs."""
    declared = getattr(instance, attribute, {})
    pairs = tuple(declared.items()) if isinstance(declared, Mapping) else ((None, None),)
    if not all(key in keys and value in values for key, value in pairs):
        raise CandidateError(
            f"{name} declares {attribute}={declared!r}, but should map names among {', '.join(keys)} "
            f"to names among {', '.join(values)}"
        )
    return tuple(sorted(pairs))


def _asked_in(instance: object, domain: Domain, name: str, default: tuple[str, ...]) -> tuple[str, ...]:
    """The dtypes in which it is asked unless the user names others: those of the attribute or of the domain."""
    dtypes = getattr(instance, "dtypes", None)
    if dtypes is None:
        return _in_order(domain.dtypes or default)
    is_list = isinstance(dtypes, Collection) and not isinstance(dtypes, str)
    if not is_list or not dtypes or not all(each in DTYPES for each in dtypes):
        raise CandidateError(f"{name} declares dtypes={dtypes!r}, but should name some of {', '.join(DTYPES)}")
    if domain.dtypes:
        raise CandidateError(
            f"{name} declares dtypes={dtypes!r} and domain['dtypes']={domain.dtypes!r}: leave out one of them"
        )
    return _in_order(dtypes)


def _in_order(dtypes: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted(dtypes, key=(*EVERYDAY, *DTYPES).index))


def _conventions(instance: object, name: str) -> tuple[tuple[str, str], ...]:
    keys = [*CONVENTIONS, *(f"{convention}/{dtype}" for convention in CONVENTIONS for dtype in DTYPES)]
    declared = getattr(instance, "conventions", {})
    if not isinstance(declared, Mapping) or not all(key in keys for key in declared):
        raise CandidateError(f"{name} declares conventions={declared!r}, but should map names among {', '.join(keys)}")
    for convention, value in declared.items():
        plain = convention.partition("/")[0]
        if not isinstance(value, str) or not is_value(plain, value):
            raise CandidateError(
                f"{name} declares the convention {convention!r} as {value!r}, "
                f"but should be one of {', '.join(values_of(plain))}"
            )
    return tuple(sorted(declared.items()))


def _rests_on(instance: object, name: str) -> str:
    """The built-in candidate of the framework that a candidate declares it is made of."""
    declared = getattr(instance, "rests_on", "")
    if not isinstance(declared, str) or (declared and declared not in FRAMEWORKS):
        raise CandidateError(f"{name} declares rests_on={declared!r}, but should be one of {', '.join(FRAMEWORKS)}")
    return declared


def _load_built_in(name: str) -> LoadedCandidate:
    module_name, factory = BUILT_IN[name].split(":")
    try:
        module = importlib.import_module(module_name)
    except ModuleNotFoundError as error:
        if name not in FRAMEWORKS or (error.name or "").startswith("convoracle"):
            raise
        framework, extra = FRAMEWORKS[name]
        raise CandidateError(
            f"candidate {name!r} needs {framework}, which is not installed: {how_to_install(extra)}"
        ) from None
    except Exception as error:
        raise CandidateError(f"candidate {name!r} cannot be imported: {_one_line(error)}") from error
    return bind_object(getattr(module, factory)(), source=name, name=name)


def _load_executable(source: str) -> LoadedCandidate:
    executable = Executable(source.removeprefix(EXECUTABLE_PREFIX))
    return bind_object(executable, source=source, name=executable.name)


def _unknown(source: str) -> str:
    close = difflib.get_close_matches(source, BUILT_IN, n=1)
    hint = f"did you mean {close[0]!r}? " if close else ""
    return (
        f"there is no candidate {source!r}: {hint}built-in candidates are {', '.join(BUILT_IN)}; "
        f"your own is given as {FORMS}"
    )


def _module_from_file(path: Path) -> ModuleType:
    if not path.is_file():
        raise CandidateError(f"there is no file {path} (looked in {Path.cwd()}): give a path from there, or a full one")
    name = f"_candidate_{path.stem}"
    spec = importlib.util.spec_from_file_location(name, path)
    if spec is None or spec.loader is None:
        raise CandidateError(f"{path} is not a Python file that can be imported")
    module = importlib.util.module_from_spec(spec)
    sys.modules[name] = module
    _make_importable(str(path.resolve().parent))
    _running(lambda: spec.loader.exec_module(module), str(path))  # type: ignore[union-attr]
    return module


def _module_from_name(name: str) -> ModuleType:
    _make_importable(os.getcwd())
    try:
        return cast(ModuleType, _running(lambda: importlib.import_module(name), name))
    except ModuleNotFoundError as error:
        if not f"{name}.".startswith(f"{error.name}."):
            raise CandidateError(f"importing {name} failed: {_one_line(error)}: install that module first") from error
        raise CandidateError(
            f"there is no module {error.name!r} (looked in {os.getcwd()} and the Python path): "
            f"run from the folder that holds it, or give its path as path/to/file.py:attribute"
        ) from None


def _make_importable(folder: str) -> None:
    if folder not in sys.path:
        sys.path.insert(0, folder)


def _running(import_it: Callable[[], object], name: str) -> object:
    """Run a candidate's module, whose every error is the user's to see in one line."""
    try:
        return import_it()
    except ModuleNotFoundError as error:
        if not name.endswith(".py"):
            raise
        raise CandidateError(f"importing {name} failed: {_one_line(error)}: install that module first") from error
    except (Exception, SystemExit) as error:
        raise CandidateError(f"importing {name} raised {_one_line(error)}: mend that first") from error


def _one_line(error: BaseException) -> str:
    text = " ".join(str(error).split())
    frames = traceback.extract_tb(error.__traceback__)
    at = f" ({Path(frames[-1].filename).name}:{frames[-1].lineno})" if frames and not _tells_place(error) else ""
    return f"{type(error).__name__}: {text}{at}" if text else f"{type(error).__name__}{at}"


def _tells_place(error: BaseException) -> bool:
    """Whether its text names the line: that of an error of syntax does, which no frame of the file raised."""
    return isinstance(error, SyntaxError) and error.lineno is not None


def _attribute(module: ModuleType, path: str, source: str) -> object:
    value: Any = module
    for part in path.split("."):
        if not hasattr(value, part):
            raise CandidateError(f"{source.rpartition(':')[0]} has no {path!r}; {_public_callables(module)}")
        value = getattr(value, part)
    return cast(object, value)


def _public_callables(module: ModuleType) -> str:
    names = [
        name
        for name, value in vars(module).items()
        if not name.startswith("_") and callable(value) and getattr(value, "__module__", None) == module.__name__
    ]
    return f"it defines {', '.join(names)}" if names else "it defines no public function or class"


def _instantiate(class_: type, name: str) -> object:
    try:
        return class_()
    except Exception as error:
        raise CandidateError(
            f"{name} is a class that cannot be made without arguments ({_one_line(error)}): "
            f"name an instance of it instead"
        ) from error


def _place(candidate: object) -> str:
    code = getattr(candidate, "__code__", None)
    return f"{Path(code.co_filename).name}, line {code.co_firstlineno}" if code else ""
