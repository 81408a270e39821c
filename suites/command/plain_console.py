"""The console of every command: it prints text as it is, for a candidate's name may hold what Rich takes for markup."""

from __future__ import annotations

from rich.console import Console


def plain_console(*, stderr: bool = False, soft_wrap: bool = False, width: int | None = None) -> Console:
    """A console for which ``[bold]`` is no style and ``:ok:`` no picture, in tables as well."""
    return Console(stderr=stderr, soft_wrap=soft_wrap, width=width, markup=False, emoji=False, highlight=False)
