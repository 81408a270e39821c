"""Where a candidate of one's own is defined: file and line, found in its source without running any of it."""

from __future__ import annotations

import ast
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from importlib.machinery import PathFinder
from pathlib import Path

from ..records.record import CandidateInfo

_MOST_BYTES = 2**22


@dataclass(frozen=True, slots=True)
class Definition:
    """A place in a file that people edit.

    Parameters
    ----------
    path : Path
    line : int
        Counted from 1.
    """

    path: Path
    line: int

    def relative(self) -> Path:
        """The path from the root of what is checked out, or else from here; absolute where it lies outside."""
        root = Path(os.environ.get("GITHUB_WORKSPACE") or Path.cwd())
        return self.path.relative_to(root) if self.path.is_relative_to(root) else self.path


def definition(candidate: CandidateInfo, subject: str) -> Definition | None:
    """Where the function of a pass is defined, or else what has the candidate's name; None where no file says so.

    Parameters
    ----------
    candidate : CandidateInfo
        Named as ``path.py:attribute`` or ``module:attribute``.
    subject : str
        A pass, which a class may have a method for.
    """
    module, separator, attribute = candidate.source.rpartition(":")
    path = _file(module) if separator and attribute else None
    tree = None if path is None else _parsed(path)
    if path is None or tree is None:
        return None
    found: ast.stmt | None = None
    body: Sequence[ast.stmt] = tree.body
    for name in (*attribute.split("."), subject):
        node = _defining(name, body)
        if node is None:
            break
        found, body = node, node.body if isinstance(node, ast.ClassDef) else ()
    return None if found is None else Definition(path, found.lineno)


def _file(module: str) -> Path | None:
    """The file of a module, by its path or by its name; nothing is imported."""
    if module.endswith(".py"):
        path = Path(module)
        return path.resolve() if path.is_file() else None
    spec, places = None, None
    for end in range(module.count(".") + 1):
        spec = PathFinder.find_spec(".".join(module.split(".")[: end + 1]), places)
        if spec is None:
            return None
        places = spec.submodule_search_locations
    origin = None if spec is None else spec.origin
    return Path(origin) if origin is not None and origin.endswith(".py") else None


def _parsed(path: Path) -> ast.Module | None:
    """None of what is no source."""
    try:
        with path.open("rb") as stream:
            return ast.parse(stream.read(_MOST_BYTES))
    except (OSError, SyntaxError, ValueError, RecursionError):
        return None


def _defining(name: str, body: Iterable[ast.stmt]) -> ast.stmt | None:
    """The last statement that gives something a name, as it does when the module is run."""
    found = None
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef() | ast.ClassDef():
                names = {node.name}
            case ast.Assign():
                names = {each.id for target in node.targets for each in ast.walk(target) if isinstance(each, ast.Name)}
            case ast.AnnAssign(target=ast.Name(id=target)):
                names = {target}
            case _:
                continue
        found = node if name in names else found
    return found
