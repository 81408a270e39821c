"""Which function of a library was entered: told as a frame of the stack that is written where the process dies.

What Python writes then has Python's frames alone, and those are the same for all functions of a library.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from types import FunctionType
from typing import Any


def entering(function: Callable[..., Any], library: Path, name: str) -> Callable[..., Any]:
    """The function, called from a frame that has the library's path and this name."""
    code = _entered.__code__.replace(co_filename=str(library), co_name=name, co_qualname=name, co_firstlineno=0)
    made = FunctionType(code, {}, name)

    def enter(*arguments: object) -> Any:
        return made(function, arguments)

    return enter


def _entered(function: Callable[..., Any], arguments: tuple[object, ...]) -> Any:
    return function(*arguments)
