"""What names say of a function: for how many spatial axes it is, and whether for transposed convolutions only."""

from __future__ import annotations

import functools
import inspect
import re
from collections.abc import Callable

_RANK_IN_NAME = re.compile(r"([123])[dD](?![a-z])")
_TRANSPOSED_IN_NAME = ("transpose", "deconv")


def name_of(function: object) -> str:
    """The name by which people know a function or an object."""
    return str(getattr(function, "__name__", None) or type(function).__name__)


def is_transposed_by_name(function: object) -> bool:
    """Whether a name says that it computes transposed convolutions."""
    return any(map(_says_transposed, _names(function)))


def telling_transposed(function: object) -> str:
    return next(filter(_says_transposed, _names(function)))


def _says_transposed(name: str) -> bool:
    return any(sign in name.lower() for sign in _TRANSPOSED_IN_NAME)


def _names(function: object) -> list[str]:
    """The name of a function, and of the classes of the object whose method it is, or that it is."""
    if isinstance(function, functools.partial):
        return _names(function.func)
    within = getattr(function, "__wrapped__", function)
    owner = getattr(within, "__self__", within)
    classes = owner if isinstance(owner, type) else type(owner)
    own = [] if inspect.isroutine(owner) else class_names(classes)
    return [name_of(function), *getattr(function, "also_named", ()), *own]


def class_names(kind: type) -> list[str]:
    """The name of a class, and of the classes that it is derived from."""
    return [each.__name__ for each in kind.__mro__]


def rank_by_name(function: Callable[..., object]) -> int | None:
    """The number of axes that the first name with one says, unless it says several."""
    ranks = set(_RANK_IN_NAME.findall(telling_rank(function)))
    return int(ranks.pop()) if len(ranks) == 1 else None


def telling_rank(function: object) -> str:
    """The first name with a number of axes in it, or the function's own."""
    names = _names(function)
    return next(filter(_RANK_IN_NAME.search, names), names[0])
