"""The one error that a wrong argument raises."""

from __future__ import annotations


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
        super().__init__(f"{argument}={value!r}, but {requirement} [{where}]")

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.argument, self.value, self.requirement, self.where))


def _rebuild(argument: str, value: object, requirement: str, where: str) -> InvalidArgument:
    return InvalidArgument(argument, value, requirement, where=where)
