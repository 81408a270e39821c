"""Conditions on a geometry, as a person writes them in a file: rank = 2, groups = ">1", stride = "any >1"."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.padding import PADDING_MODES

_WHOLE = ("batch", "in_channels", "out_channels", "groups", "rank")
_OF_AXES = ("size", "kernel", "stride", "padding", "dilation", "output_padding")
NAMES = (*_WHOLE, *_OF_AXES, "padding_mode", "transposed")
"""What there can be a condition on."""
_COMPARES: Mapping[str, Callable[[Any, Any], bool]] = {
    "": operator.eq, "=": operator.eq, "!=": operator.ne,
    "<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge,
}  # fmt: skip
_TEXT = re.compile(r"(any )?(!=|<=|>=|[=<>]?) ?([0-9]{1,9})")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition.

    Parameters
    ----------
    name : str
        One of `NAMES`.
    compares : str
        ``<``, ``!=``, …
    value : int, str or bool
    is_of_any : bool
        Whether it is enough that one axis fulfils it, or one side of the padding; else all have to.
    """

    name: str
    compares: str
    value: int | str | bool
    is_of_any: bool = False

    def holds(self, geometry: ConvGeometry) -> bool:
        """Whether a geometry fulfils it."""
        found = getattr(geometry, self.name)
        axes = found if isinstance(found, tuple) else (found,)
        values = (side for sides in axes for side in sides) if self.name == "padding" else axes
        compares = _COMPARES[self.compares]
        fulfilled = (compares(each, self.value) for each in values)
        return any(fulfilled) if self.is_of_any else all(fulfilled)


def read_conditions(table: Any) -> tuple[Condition, ...]:
    """The conditions of a table.

    Raises
    ------
    TypeError, ValueError
        If it has others, with what is allowed.
    """
    if not isinstance(table, dict) or not table:
        raise TypeError(f"should be a table with some of {', '.join(NAMES)}")
    return tuple(_condition(name, value) for name, value in table.items())


def _condition(name: str, value: Any) -> Condition:
    if name not in NAMES:
        raise ValueError(f"{name} should be one of {', '.join(NAMES)}")
    if name == "transposed":
        if type(value) is not bool:
            raise ValueError(f"transposed = {value!r} should be true or false")
        return Condition(name, "", value)
    if name == "padding_mode":
        if value not in PADDING_MODES:
            raise ValueError(f"padding_mode = {value!r} should be one of {', '.join(PADDING_MODES)}")
        return Condition(name, "", value)
    told = _TEXT.fullmatch(str(value)) if type(value) in (int, str) else None
    if told is None or (told[1] and name in _WHOLE):
        ways = "2, '>1', '!=3', or of some axis 'any >1'" if name in _OF_AXES else "2, '>1' or '!=3'"
        raise ValueError(f"{name} = {value!r} should be such as {ways}")
    return Condition(name, told[2], int(told[3]), bool(told[1]))
