"""The paste-able call of a candidate: what makes it, and the call with its arguments written out."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from .binding import BoundFunction


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a candidate comes from.

    Parameters
    ----------
    source : str
        ``module:attribute``, ``path.py:attribute``, or empty for a live object.
    name : str
        What to call it in the text.
    kind : {"function", "object", "class", "adapted"}
        Whether it is called itself, has methods, is to be instantiated first, or is made a candidate by `adapted`.
    place : str
        ``file:line`` of a live object, when known.
    """

    source: str
    name: str
    kind: str
    place: str = ""


def write_own_call(origin: Origin, pass_: Pass, call: BoundFunction, geometry: ConvGeometry, *, bias: bool) -> str:
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


def write_evaluate_call(origin: Origin, pass_: Pass, geometry: ConvGeometry, *, bias: bool) -> str:
    """Python source that imports a candidate with `evaluate` and computes ``actual``."""
    candidate, imports = _identifier(origin.name), _imports(origin)
    if origin.kind == "class":
        candidate += "()"
    if origin.kind == "adapted":
        candidate = f"adapted({candidate})"
        imports.append("from convoracle.suites.candidates.loading.adapting import adapted")
    return write_evaluation(imports, candidate, pass_, geometry, bias=bias)


def write_evaluation(preparation: list[str], candidate: str, pass_: Pass, geometry: ConvGeometry, *, bias: bool) -> str:
    """The same of a candidate that an expression stands for, after the lines that prepare it."""
    operands = ["input", "weight", "bias" if bias else "None", "output_gradient", "learning_rate"]
    if pass_.is_second_order:
        operands += ["input_direction", "weight_direction", *(["bias_direction"] if bias else [])]
    lines = ("import numpy as np", "from convoracle.oracle import Operands, Pass, parse_geometry", *preparation, "")
    lines += (f'geometry = parse_geometry("{geometry}")', f"operands = Operands({', '.join(operands)})")
    lines += (f"actual = np.asarray({candidate}.evaluate(Pass.{pass_.name}, operands, geometry))", "")
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


def _arguments(call: BoundFunction, geometry: ConvGeometry, *, bias: bool) -> Iterator[str]:
    texts = {
        "bias": "bias" if bias else "None",
        "bias_direction": "bias_direction" if bias else "None",
        **{name: repr(value) for name, value in call.settings(geometry).items()},
    }
    yield from (texts.get(known, known) for known in call.positional)
    yield from (f"{parameter}={texts.get(known, known)}" for parameter, known in call.keywords)


def _identifier(name: str) -> str:
    last = name.rpartition(":")[2].rpartition(".")[2]
    return last if last.isidentifier() else "candidate"
