"""What a parameter for a setting of all axes takes: a tuple with an entry for each, or one number, as it says itself.

A parameter that is annotated as ``int`` takes one number. One whose default is a number takes that as well, and maybe
tuples: it is given a number where the axes are alike, so that code for one number is asked what it can answer,
and a tuple where they are not.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping
from enum import Enum

PER_AXIS = ("stride", "padding", "dilation", "output_padding")
"""The settings that have a number for each axis."""
_OF_SEQUENCES = "setting an array element with a sequence"
"""What NumPy says of a tuple where it wants a number, as of a pad width."""


class Takes(Enum):
    """What a parameter takes for the axes; UNSURE, it gives no annotation, and may take no tuple."""

    TUPLE = "a tuple"
    NUMBER = "one number"
    EITHER = "a number or a tuple"
    UNSURE = "a number, and maybe a tuple"


def taken_by(parameter: inspect.Parameter) -> Takes:
    """What a parameter takes, by its annotation and its default."""
    if parameter.annotation in (int, "int"):
        return Takes.NUMBER
    if type(parameter.default) is not int:
        return Takes.TUPLE
    return Takes.UNSURE if parameter.annotation is inspect.Parameter.empty else Takes.EITHER


def are_alike(value: object) -> bool:
    """Whether a setting has one number on all axes."""
    return isinstance(value, tuple) and len(set(value)) == 1


def as_numbers(settings: Mapping[str, object], taken: Mapping[str, Takes]) -> dict[str, object]:
    """The settings, with one number for those whose parameters take it and that are alike on all axes."""
    numbers = {name for name, takes in taken.items() if takes is not Takes.TUPLE and are_alike(settings[name])}
    return {
        name: value[0] if name in numbers and isinstance(value, tuple) else value for name, value in settings.items()
    }


def is_refusal(error: Exception) -> bool:
    """Whether an exception is what code for one number raises at a tuple."""
    return isinstance(error, TypeError) or (isinstance(error, ValueError) and _OF_SEQUENCES in str(error))
