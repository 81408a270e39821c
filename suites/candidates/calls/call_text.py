"""The paste-able call of a user's candidate: an import, and the call with its arguments written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from .settings import setting_values


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a candidate comes from.

    Parameters
    ----------
    source : str
        ``module:attribute``, ``path.py:attribute``, or empty for a live object.
    name : str
        What to call it in the text.
    kind : {"function", "object", "class"}
        Whether it is called itself, has methods, or is to be instantiated first.
    place : str
        ``file:line`` of a live object, when known.
    """

    source: str
    name: str
    kind: str
    place: str = ""


@dataclass(frozen=True, slots=True)
class Arguments:
    """Known names of the arguments given by position, and (parameter, known name) of those by keyword."""

    positional: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]


def write_own_call(origin: Origin, pass_: Pass, call: Arguments, geometry: ConvGeometry, *, bias: bool) -> str:
    """Python source that imports the candidate and computes ``actual``."""
    lines = ["import numpy as np", *_imports(origin)]
    if "geometry" in (*call.positional, *(known for _, known in call.keywords)):
        lines += ["from convoracle.oracle import parse_geometry", ""]
        lines += [f'geometry = parse_geometry("{geometry}")']
    function = _identifier(origin.name)
    if origin.kind == "class":
        function += "()"
    if origin.kind != "function":
        function += f".{pass_}"
    lines += ["", f"actual = np.asarray({function}({', '.join(_arguments(call, geometry, bias=bias))}))", ""]
    return "\n".join(lines)


def _imports(origin: Origin) -> list[str]:
    module, _, attribute = origin.source.rpartition(":")
    root, _, rest = attribute.partition(".")
    if not module:
        return [f"# {origin.name}: the candidate, defined in {origin.place or 'the calling program'}"]
    if not module.endswith(".py"):
        return [f"from {module} import {root}", *([f"{_identifier(origin.name)} = {attribute}"] if rest else [])]
    return [
        "import importlib.util",
        "import sys",
        "",
        f"sys.path.insert(0, {str(Path(module).parent)!r})",
        f'spec = importlib.util.spec_from_file_location("candidate", {module!r})',
        "module = importlib.util.module_from_spec(spec)",
        'sys.modules["candidate"] = module',
        "spec.loader.exec_module(module)",
        f"{_identifier(origin.name)} = module.{attribute}",
    ]


def _arguments(call: Arguments, geometry: ConvGeometry, *, bias: bool) -> Iterator[str]:
    texts = {
        "bias": "bias" if bias else "None",
        "bias_direction": "bias_direction" if bias else "None",
        **{name: repr(value) for name, value in setting_values(geometry).items()},
    }
    yield from (texts.get(known, known) for known in call.positional)
    yield from (f"{parameter}={texts.get(known, known)}" for parameter, known in call.keywords)


def _identifier(name: str) -> str:
    last = name.rpartition(":")[2].rpartition(".")[2]
    return last if last.isidentifier() else "candidate"
