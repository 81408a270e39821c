"""The console of every command: it prints text as it is, for a candidate's name may hold what Rich takes for markup."""

from __future__ import annotations

from rich.console import Console

_TABLE_WIDTH = 150


class _Console(Console):
    """Leaves a pipe that nobody reads to whoever called: Rich ends the process with 1, as mismatches do."""

    def on_broken_pipe(self) -> None:
        raise


def plain_console(*, stderr: bool = False, soft_wrap: bool = False, width: int | None = None) -> Console:
    """A console for which ``[bold]`` is no style and ``:ok:`` no picture, in tables as well."""
    return _Console(stderr=stderr, soft_wrap=soft_wrap, width=width, markup=False, emoji=False, highlight=False)


def table_console(*, stderr: bool = False) -> Console:
    """Standard output, or standard error; wide enough for a run's tables where it is no terminal."""
    console = plain_console(stderr=stderr)
    return console if console.is_terminal else plain_console(stderr=stderr, width=_TABLE_WIDTH)
