"""Fields of a dataclass that are given as they are, or as a function that computes them when they are first read."""

from __future__ import annotations

from collections.abc import Callable
from typing import Generic, TypeVar

Value = TypeVar("Value")


class Deferred(Generic[Value]):
    """A field; a function given in place of a value is called once, if at all, and let go of."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, instance: object | None, owner: type) -> Value:
        if instance is None:
            raise AttributeError("without an instance, a deferred field has no value")
        held: Value | Callable[[], Value] = instance.__dict__[self._name]
        if callable(held):
            held = instance.__dict__[self._name] = held()
        return held

    def __set__(self, instance: object, value: Value | Callable[[], Value]) -> None:
        instance.__dict__[self._name] = value
