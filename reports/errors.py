"""The one error that a damaged, foreign or hostile file raises."""

from __future__ import annotations


class InvalidRecord(ValueError):
    """A document that cannot be read as what it says it is.

    Parameters
    ----------
    problem : str
        What is wrong and what would be right.
    file : str
        The file, as it was named.
    line, column : int or None
        Place in the file, counted from 1; None where it has no lines or the place is not known.
    field : str
        Path of the field inside the document, such as ``results[0].verdict.outcome``.
    """

    def __init__(
        self, problem: str, *, file: str = "", line: int | None = None, column: int | None = None, field: str = ""
    ) -> None:
        self.problem = problem
        self.file = file
        self.line = line
        self.column = column
        self.field = field
        place = ":".join(str(part) for part in (file, line, column) if part not in ("", None))
        super().__init__(": ".join(part for part in (place, field, problem) if part))

    def __reduce__(self) -> tuple[object, ...]:
        return (_rebuild, (self.problem, self.file, self.line, self.column, self.field))


def _rebuild(problem: str, file: str, line: int | None, column: int | None, field: str) -> InvalidRecord:
    return InvalidRecord(problem, file=file, line=line, column=column, field=field)
