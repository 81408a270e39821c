"""Dataclasses to plain JSON values and back, driven by their type hints.

Strict on the way in: every field must be there, no other may be, and each has
exactly its declared type. Numbers of NumPy's types are accepted on the way out.
"""

from __future__ import annotations

import dataclasses
import math
import operator
import reprlib
import types
from collections.abc import Callable
from enum import Enum
from functools import cache
from typing import Any, get_args, get_origin, get_type_hints

Step = str | int
NON_FINITE = {"inf": math.inf, "-inf": -math.inf, "nan": math.nan}


class WrongField(ValueError):
    """A value that does not fit its field; `path` leads to it from the outermost object."""

    def __init__(self, problem: str, path: tuple[Step, ...] = ()) -> None:
        super().__init__(problem)
        self.problem = problem
        self.path = path

    def under(self, step: Step) -> WrongField:
        """The same error, seen from one level further out."""
        return WrongField(self.problem, (step, *self.path))

    @property
    def field(self) -> str:
        """The path as text: ``results[0].verdict``."""
        text = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in self.path)
        return text.removeprefix(".")


@dataclasses.dataclass(frozen=True, slots=True)
class Codec:
    """How the values of one type are written as plain JSON values, and read back."""

    encode: Callable[[Any], Any]
    decode: Callable[[Any], Any]


def _build(hint: Any) -> Codec:
    """The codec of a type hint: a dataclass, Enum, scalar, tuple or optional of those.

    Raises
    ------
    TypeError
        For a hint that has no JSON form.
    """
    if hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return _enum(hint)
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        return _dataclass(hint)
    arguments = get_args(hint)
    if get_origin(hint) is tuple:
        return _list(arguments[0]) if arguments[-1] is Ellipsis else _fixed(arguments)
    if get_origin(hint) is types.UnionType and len(arguments) == 2 and arguments[1] is types.NoneType:
        return _optional(arguments[0])
    raise TypeError(f"{hint!r} has no JSON form")


codec: Callable[[Any], Codec] = cache(_build)


def shown(value: object) -> str:
    """A value from a file, short enough and safe to print."""
    return reprlib.repr(value).encode("ascii", "backslashreplace").decode()


def _encode_float(value: Any) -> float | str:
    number = float(value)
    return number if math.isfinite(number) else str(number)


def _decode_float(value: Any) -> float:
    if type(value) is float or type(value) is int:
        return float(value)
    if isinstance(value, str) and value in NON_FINITE:
        return NON_FINITE[value]
    raise WrongField(f'should be a number, "inf", "-inf" or "nan", not {shown(value)}')


def _exactly(kind: type, name: str) -> Callable[[Any], Any]:
    def decode(value: Any) -> Any:
        if type(value) is not kind:
            raise WrongField(f"should be {name}, not {shown(value)}")
        return value

    return decode


_SCALARS: dict[Any, Codec] = {
    bool: Codec(bool, _exactly(bool, "true or false")),
    int: Codec(operator.index, _exactly(int, "an integer")),
    float: Codec(_encode_float, _decode_float),
    str: Codec(str, _exactly(str, "text")),
}


def _enum(kind: type[Enum]) -> Codec:
    members = {member.value: member for member in kind}

    def decode(value: Any) -> Enum:
        if not isinstance(value, str) or value not in members:
            raise WrongField(f"should be one of {', '.join(members)}, not {shown(value)}")
        return members[value]

    return Codec(lambda member: member.value, decode)


def _optional(hint: Any) -> Codec:
    inner = codec(hint)
    return Codec(
        lambda value: None if value is None else inner.encode(value),
        lambda value: None if value is None else inner.decode(value),
    )


def _list(hint: Any) -> Codec:
    inner = codec(hint)

    def decode(value: Any) -> tuple[Any, ...]:
        return tuple(decode_at(inner, index, entry) for index, entry in enumerate(_a_list(value)))

    return Codec(lambda values: [inner.encode(value) for value in values], decode)


def _fixed(hints: tuple[Any, ...]) -> Codec:
    inners = [codec(hint) for hint in hints]

    def decode(value: Any) -> tuple[Any, ...]:
        entries = _a_list(value)
        if len(entries) != len(inners):
            raise WrongField(f"should have {len(inners)} entries, not {len(entries)}")
        return tuple(decode_at(inner, index, entries[index]) for index, inner in enumerate(inners))

    return Codec(lambda values: [inner.encode(value) for inner, value in zip(inners, values, strict=True)], decode)


def _dataclass(kind: type) -> Codec:
    hints = get_type_hints(kind)
    inners = {field.name: codec(hints[field.name]) for field in dataclasses.fields(kind)}

    def encode(value: Any) -> dict[str, Any]:
        return {name: inner.encode(getattr(value, name)) for name, inner in inners.items()}

    def decode(value: Any) -> Any:
        if type(value) is not dict:
            raise WrongField(f"should be an object, not {shown(value)}")
        for name in sorted(value.keys() - inners.keys()):
            raise WrongField("is not a field of this document", (name,))
        for name in sorted(inners.keys() - value.keys()):
            raise WrongField(f"should have the field {name!r}")
        return kind(**{name: decode_at(inner, name, value[name]) for name, inner in inners.items()})

    return Codec(encode, decode)


def _a_list(value: Any) -> list[Any]:
    if type(value) is not list:
        raise WrongField(f"should be a list, not {shown(value)}")
    return value


def decode_at(inner: Codec, step: Step, value: Any) -> Any:
    """What a codec reads of a value that stands under a step of a larger one."""
    try:
        return inner.decode(value)
    except WrongField as error:
        raise error.under(step) from None
