"""Options that stand in a file: `[tool.convoracle]` of the nearest pyproject.toml that has it."""

from __future__ import annotations

import argparse
import difflib
import os
import re
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from ...reports.errors import InvalidRecord
from ...reports.records.toml_file import read_toml
from ..cases.corpora import CORPORA

_FILE, _TABLE = "pyproject.toml", "convoracle"
_IN_A_FILE = re.compile(r"(?P<path>[^:]+\.(py|so|dylib|dll)[.0-9]*)(?P<rest>:.*)?")
Parse = Callable[[], tuple[argparse.Namespace, list[str]]]


def with_file(parser: argparse.ArgumentParser, parse: Parse) -> tuple[argparse.Namespace, list[str]]:
    """What a command line says and, of the options that it leaves out, what the file says.

    `settings` of the result tells what came from the file: name, value and file of each.

    Raises
    ------
    InvalidRecord
        If the file cannot be read, or an option in it is none or has a value that it cannot have.
    """
    defaults = {action.dest: action.default for action in parser._actions if action.default is not argparse.SUPPRESS}
    for action in parser._actions:
        action.default = argparse.SUPPRESS
    given, rest = parse()
    path, table = _nearest(Path.cwd())
    values = _values(parser, table, path)
    used = {name: value for name, (dest, value) in values.items() if not hasattr(given, dest)}
    for dest, default in defaults.items():
        if not hasattr(given, dest):
            setattr(given, dest, default)
    for name, value in used.items():
        setattr(given, values[name][0], value)
    given.settings = tuple((name, _shown(value), os.path.relpath(path)) for name, value in used.items())
    return given, rest


def _nearest(start: Path) -> tuple[Path, Mapping[str, Any]]:
    """The file and its table; an empty one where there is none from here upward."""
    for folder in (start, *start.parents):
        path = folder / _FILE
        if path.is_file():
            tool = read_toml(path).get("tool", {})
            if isinstance(tool, dict) and _TABLE in tool:
                if isinstance(tool[_TABLE], dict):
                    return path, tool[_TABLE]
                raise InvalidRecord("should be a table", file=str(path), field=f"tool.{_TABLE}")
    return start / _FILE, {}


def _values(parser: argparse.ArgumentParser, table: Mapping[str, Any], path: Path) -> dict[str, tuple[str, Any]]:
    """Where each option of the table belongs, and its value."""
    actions = {_name(action): action for action in parser._actions if action.dest != "help"}
    values = {}
    for name, value in table.items():
        field = f"tool.{_TABLE}.{name}"
        try:
            if name not in actions:
                raise ValueError(f"is no option{_meant(name, actions)}; there are {', '.join(actions)}")
            values[name] = actions[name].dest, _value(actions[name], value, path.parent)
        except ValueError as error:
            raise InvalidRecord(str(error), file=os.path.relpath(path), field=field) from None
    return values


def _name(action: argparse.Action) -> str:
    return max(action.option_strings, key=len, default=action.dest).removeprefix("--")


def _value(action: argparse.Action, value: Any, folder: Path) -> Any:
    """A value of the file as the command line would have it; paths are told from the file's folder."""
    if action.nargs == 0:
        if type(value) is not bool:
            raise ValueError(f"{value!r} should be true or false")
        return value
    if action.nargs is None and not isinstance(action, argparse._AppendAction):
        return _one(action, value, folder)
    return [_one(action, each, folder) for each in (value if isinstance(value, list) else [value])]


def _one(action: argparse.Action, value: Any, folder: Path) -> Any:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        raise ValueError(f"{value!r} should be {_allowed(action)}")
    if action.type is Path:
        return Path(os.path.relpath(folder / str(value)))
    converts: Callable[[str], Any] = action.type if callable(action.type) else str
    try:
        made = converts(str(value))
    except argparse.ArgumentTypeError as error:
        raise ValueError(str(error)) from None
    except ValueError:
        raise ValueError(f"{value!r} should be {_allowed(action)}") from None
    if action.choices is not None and made not in action.choices:
        raise ValueError(f"{value!r} should be {_allowed(action)}{_meant(str(value), map(str, action.choices))}")
    return _from_folder(action.dest, made, folder)


def _from_folder(dest: str, value: Any, folder: Path) -> Any:
    """A candidate, a corpus, or a memory, that stands in a file."""
    if dest == "candidates" and (told := _IN_A_FILE.fullmatch(value)):
        path = os.path.relpath(folder / told["path"])
        return (path if path.endswith(".py") else os.path.join(os.curdir, path)) + (told["rest"] or "")
    if dest == "memory" and "://" not in value:
        prefix = "readonly:" if value.startswith("readonly:") else ""
        return prefix + os.path.relpath(folder / value.removeprefix(prefix))
    return os.path.relpath(folder / value) if dest == "corpora" and value not in CORPORA else value


def _allowed(action: argparse.Action) -> str:
    if action.choices is not None:
        return f"one of {', '.join(map(str, action.choices))}"
    return f"{action.metavar or 'a text'}: {action.help}" if action.help else "a text or a number"


def _meant(name: str, names: Iterable[str]) -> str:
    close = difflib.get_close_matches(name, list(names), 1)
    return f"; did you mean {close[0]!r}?" if close else ""


def _shown(value: Any) -> str:
    return " ".join(map(str, value)) if isinstance(value, list) else str(value).lower() if value is True else str(value)
