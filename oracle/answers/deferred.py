"""Fields of a dataclass that are given as an array, or as a function that computes it when it is first read."""

from __future__ import annotations

from collections.abc import Callable

from ..numbers.arrays import Float64


class Deferred:
    """A field of arrays; a function given in place of one is called once, if at all, and let go of."""

    def __set_name__(self, owner: type, name: str) -> None:
        self._name = f"_{name}"

    def __get__(self, instance: object | None, owner: type) -> Float64:
        if instance is None:
            raise AttributeError("without an instance, a deferred field has no value")
        held: Float64 | Callable[[], Float64] = instance.__dict__[self._name]
        if callable(held):
            held = instance.__dict__[self._name] = held()
        return held

    def __set__(self, instance: object, value: Float64 | Callable[[], Float64]) -> None:
        instance.__dict__[self._name] = value
