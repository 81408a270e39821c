"""The one error that a wrong argument raises."""

from __future__ import annotations

_SHOWN = 400
"""Characters of a value that are shown from its beginning, if it has more than twice as many, and from its end."""


class InvalidArgument(ValueError):
    """An argument that describes no legal convolution, or does not fit the one described.

    Parameters
    ----------
    argument : str
        Name of the argument, as the caller wrote it.
    value : object
        The value received.
    requirement : str
        What would be right, with the arithmetic that says so.
    where : str
        The function or class that refused it.
    """

    def __init__(self, argument: str, value: object, requirement: str, *, where: str) -> None:
        self.argument = argument
        self.value = value
        self.requirement = requirement
        self.where = where
        super().__init__(f"{argument}={_shown_value(value)}, but {_shown(requirement)} [{where}]")

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.argument, self.value, self.requirement, self.where))


def _rebuild(argument: str, value: object, requirement: str, where: str) -> InvalidArgument:
    return InvalidArgument(argument, value, requirement, where=where)


def _shown_value(value: object) -> str:
    try:
        return _shown(repr(value))
    except ValueError:  # an integer of more digits than Python writes
        return f"a value of the type {type(value).__name__} that is too long to be written"


def _shown(text: str) -> str:
    return text if len(text) <= 2 * _SHOWN else f"{text[:_SHOWN]}… ({len(text)} characters) …{text[-_SHOWN:]}"
