"""Small changes of a module's code, one at a time: an operator, a comparison, a sign, a constant, an and."""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
NAMED = ROOT / "benchmarks" / "equivalent_changes.md"
"""The changes that no test can notice, each with the reason."""
PAIRS = (
    (ast.Add, ast.Sub), (ast.Mult, ast.Div), (ast.FloorDiv, ast.Mod), (ast.BitAnd, ast.BitOr), (ast.And, ast.Or),
    (ast.Lt, ast.LtE), (ast.Gt, ast.GtE), (ast.Eq, ast.NotEq), (ast.Is, ast.IsNot), (ast.In, ast.NotIn),
)  # fmt: skip
OTHER = {**dict(PAIRS), **{second: first for first, second in PAIRS}}
Named = tuple[str, str, int, str]
"""A change: its module, its line, the column and what is changed."""


@dataclass(frozen=True, slots=True)
class Change:
    """One small change.

    Parameters
    ----------
    module : Path
    number : int
        Of the part that is changed, in the order of `ast.walk`.
    line, column : int
        Where that is, from 1.
    line_text, text : str
        The line as it stands, and what is changed to what.
    function : str, optional
        In whose body it is, as `Class.method`; None where it is read when the module is imported.
    """

    module: Path
    number: int
    line: int
    column: int
    line_text: str
    text: str
    function: str | None

    def applied(self) -> ast.Module:
        """The module's tree with the change."""
        tree = ast.parse(self.module.read_text())
        _change(list(ast.walk(tree))[self.number])
        return ast.fix_missing_locations(tree)

    def told(self) -> str:
        """Where and what it is."""
        return f"{self.module.relative_to(ROOT)}:{self.line}:{self.column}: {self.text}"

    def named(self) -> Named:
        """How it is named where it is known to be equivalent: by its line's text, for its number moves."""
        return str(self.module.relative_to(ROOT)), self.line_text, self.column, self.text


def changes(module: Path) -> Iterator[Change]:
    """Every change of a module; none of its annotations, which are not evaluated."""
    source = module.read_text()
    tree, lines = ast.parse(source), source.splitlines()
    annotations = (getattr(node, name, None) for node in ast.walk(tree) for name in ("annotation", "returns"))
    skipped = {id(part) for each in annotations if each is not None for part in ast.walk(each)}
    functions = {id(part): name for name, body in _bodies(tree) for line in body for part in ast.walk(line)}
    for number, node in enumerate(ast.walk(tree)):
        changed = copy.deepcopy(node)
        if id(node) not in skipped and _change(changed):
            text = f"{ast.unparse(node)}  ->  {ast.unparse(changed)}"
            line_text = lines[node.lineno - 1].strip()
            function = functions.get(id(node))
            yield Change(module, number, node.lineno, node.col_offset + 1, line_text, text, function)


def equivalents() -> set[Named]:
    """The changes that are named as such."""
    found, module = set(), ""
    for line in NAMED.read_text().splitlines():
        if line.startswith("## "):
            module = line.removeprefix("## ")
        elif entry := re.fullmatch(r"- `(.+)`: column (\d+), `(.+  ->  .+)`: .+", line):
            found.add((module, entry[1], int(entry[2]), entry[3]))
    return found


def _change(node: ast.AST) -> bool:
    """Change a node in place; whether there is anything to change."""
    match node:
        case ast.BinOp() | ast.BoolOp() | ast.AugAssign() if type(node.op) in OTHER:
            node.op = OTHER[type(node.op)]()
        case ast.Compare() if type(node.ops[0]) in OTHER:
            node.ops[0] = OTHER[type(node.ops[0])]()
        case ast.UnaryOp(op=ast.USub() | ast.Invert() | ast.Not()):
            node.operand = ast.UnaryOp(type(node.op)(), node.operand)
        case ast.Constant() if type(node.value) in (int, float):
            node.value += 1
        case _:
            return False
    return True


def _bodies(parent: ast.Module | ast.ClassDef, prefix: str = "") -> Iterator[tuple[str, list[ast.stmt]]]:
    """The functions and methods of a module, without those in others."""
    for statement in parent.body:
        if isinstance(statement, ast.ClassDef):
            yield from _bodies(statement, f"{prefix}{statement.name}.")
        elif isinstance(statement, ast.FunctionDef):
            yield prefix + statement.name, statement.body


def modules(places: Sequence[str]) -> list[Path]:
    """The modules at some places: folders or files, from the root."""
    found = [path for place in places for path in sorted((ROOT / place).glob("*.py")) or [ROOT / place]]
    return [path for path in found if path.name != "__init__.py"]
