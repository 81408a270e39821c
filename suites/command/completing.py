"""What a shell may complete: the words and the options of every command, read off their parsers."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path

from ..candidates import BUILT_IN
from ..cases.corpora import CORPORA
from .options import COMMANDS

_WORDS = {"candidate": tuple(BUILT_IN), "candidates": tuple(BUILT_IN), "corpora": tuple(CORPORA)}
"""Of arguments that may be something else as well, such as a file."""
_LONGEST_HELP = 60


@dataclass(frozen=True, slots=True)
class Argument:
    """An option, or what stands without one.

    Parameters
    ----------
    names : tuple of str
        Empty of what stands without an option.
    help : str
        Short, and without what means something to a shell.
    words : tuple of str
    is_file : bool
        Whether it may be a file.
    takes : int
        How many words follow an option: none, one, or 2 for many.
    """

    names: tuple[str, ...]
    help: str
    words: tuple[str, ...]
    is_file: bool
    takes: int


@dataclass(frozen=True, slots=True)
class Completed:
    """A command with its arguments."""

    name: str
    help: str
    arguments: tuple[Argument, ...]

    @property
    def options(self) -> tuple[Argument, ...]:
        """Those with a name."""
        return tuple(each for each in self.arguments if each.names)

    @property
    def words(self) -> tuple[str, ...]:
        """What may stand without an option."""
        return tuple(dict.fromkeys(word for each in self.arguments if not each.names for word in each.words))


def completed() -> tuple[Completed, ...]:
    """Every command."""
    return tuple(Completed(each.name, _plain(each.help), tuple(_of_command(each.module))) for each in COMMANDS)


def _of_command(module: str) -> Iterator[Argument]:
    parser = argparse.ArgumentParser()
    import_module(f".{module}", __package__).add_options(parser)
    yield from _arguments(parser)


def _arguments(parser: argparse.ArgumentParser) -> Iterator[Argument]:
    for action in parser._actions:
        if isinstance(action, argparse._SubParsersAction):
            yield Argument((), "", tuple(action.choices), False, 1)
            for inner in action.choices.values():
                yield from _arguments(inner)
        else:
            words = _WORDS.get(action.dest, tuple(map(str, action.choices or ())))
            is_file = action.type is Path or action.dest in _WORDS
            takes = 0 if action.nargs == 0 else 2 if action.nargs in ("+", "*") else 1
            yield Argument(tuple(action.option_strings), _plain(action.help or ""), words, is_file, takes)


def _plain(text: str) -> str:
    kept = "".join(char for char in text if char.isalnum() or char in " ,.-/")
    return kept if len(kept) <= _LONGEST_HELP else f"{kept[: _LONGEST_HELP - 3].rstrip()}..."
