"""How an adapter computes a pass, and the text of it to paste: the source of the functions that run, and their call.

These functions import nothing of convoracle, so that their text stands by itself.
"""

from __future__ import annotations

import ast
import functools
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import ModuleType
from typing import Any

from ....oracle.problem.passes import ARRAYS, Array, Operands

_OWN = __name__.partition(".")[0]


@dataclass(frozen=True, slots=True)
class Call:
    """What computes a pass: ``prepare(**settings)`` makes a function of the operands, by name.

    Parameters
    ----------
    prepare : callable
    settings : Mapping[str, Any]
        Functions, and values whose representation is their source.
    operands : tuple of str
        The names of those that it takes; the bias and its direction only where there are any.
    before : str
        Source that is to come before the imports.
    """

    prepare: Callable[..., Callable[..., Array]]
    settings: Mapping[str, Any]
    operands: tuple[str, ...]
    before: str = ""

    def prepared(self) -> Callable[..., Array]:
        """What computes the pass of the arguments that :meth:`arguments` gives."""
        return self.prepare(**self.settings)

    def arguments(self, operands: Operands) -> dict[str, object]:
        """Those of the operands that it takes and that are there."""
        named = {name: getattr(operands, name) for name in self.operands}
        return {name: value for name, value in named.items() if value is not None}

    def write(self, *, bias: bool) -> str:
        """Source that computes ``actual`` from the operands by name."""
        imports, sources = set[str](), dict[str, str]()
        for function in filter(callable, (self.prepare, *self.settings.values())):
            _collect(function.__name__, function, imports, sources)
        settings = (f"{name}={_written(value)}" for name, value in self.settings.items())
        operands = (f"{name}={name}" for name in self.operands if bias or not name.startswith("bias"))
        lines = [f"compute = {self.prepare.__name__}(", *(f"    {setting}," for setting in settings), ")"]
        lines.append(f"actual = compute({', '.join(operands)})")
        parts = [self.before + "\n".join(sorted(imports)), *sources.values(), "\n".join(lines)]
        return "\n\n\n".join(part.strip() for part in parts) + "\n"


@functools.cache
def operand_names(function: Callable[..., object]) -> tuple[str, ...]:
    """The operands that are among the parameters of a function."""
    return tuple(name for name in inspect.signature(function).parameters if name in (*ARRAYS, "learning_rate"))


def _written(value: Any) -> str:
    if isinstance(value, str) and "\n" in value:
        return f'"""{value}"""'
    return value.__name__ if callable(value) else repr(value)


def _collect(name: str, value: Any, imports: set[str], sources: dict[str, str]) -> None:
    """Add how a name is imported or, of a function of convoracle, its source and what that refers to."""
    if isinstance(value, ModuleType):
        imports.add(f"import {value.__name__}" + ("" if value.__name__ == name else f" as {name}"))
    elif value.__module__.partition(".")[0] != _OWN:
        imports.add(f"from {value.__module__} import {name}")
    elif name not in sources:
        sources[name] = inspect.getsource(value)
        words = {node.id for node in ast.walk(ast.parse(sources[name])) if isinstance(node, ast.Name)}
        scope = inspect.unwrap(value).__globals__
        for word in sorted(words & set(scope)):
            _collect(word, scope[word], imports, sources)
