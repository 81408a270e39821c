"""Runs the notebooks of the examples: python docs/notebooks.py --check, or --write to keep today's outputs in them.

A notebook is JSON; what its cells print is text, so that neither Jupyter nor a kernel is needed.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = sorted(ROOT.glob("examples/*.ipynb"))
_MARK = "\x1e"
_RUNNER = f"""\
import json, sys
namespace = {{"__name__": "__main__"}}
for number, source in enumerate(json.load(sys.stdin)):
    exec(compile(source, f"cell {{number}}", "exec"), namespace)
    print({_MARK!r}, end="", flush=True)
"""


def outputs(notebook: dict[str, Any]) -> list[str]:
    """What each of its cells of code prints, run in order in the examples' folder.

    Raises
    ------
    CalledProcessError
        If a cell raises an error; its traceback is printed.
    """
    cells = ["".join(cell["source"]) for cell in _of_code(notebook)]
    done = subprocess.run(
        [sys.executable, "-c", _RUNNER],
        input=json.dumps(cells),
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT / "examples",
        check=True,
    )
    return done.stdout.split(_MARK)[: len(cells)]


def kept(notebook: dict[str, Any]) -> list[str]:
    """The outputs that are kept in it."""
    return ["".join(line for output in cell["outputs"] for line in output["text"]) for cell in _of_code(notebook)]


def with_outputs(notebook: dict[str, Any]) -> dict[str, Any]:
    """The notebook with what its cells print today."""
    for number, (cell, text) in enumerate(zip(_of_code(notebook), outputs(notebook), strict=True), start=1):
        stream = {"output_type": "stream", "name": "stdout", "text": text.splitlines(keepends=True)}
        cell.update(execution_count=number, outputs=[stream] if text else [])
    return notebook


def _of_code(notebook: dict[str, Any]) -> list[dict[str, Any]]:
    return [cell for cell in notebook["cells"] if cell["cell_type"] == "code"]


def main() -> int:
    """Run every notebook; ends with 1 if one prints something else than it has."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--write", action="store_true", help="keep what is printed today")
    parser.add_argument("--check", action="store_true", help="only tell what is not as kept (the default)")
    options, is_wrong = parser.parse_args(), False
    for path in NOTEBOOKS:
        notebook = json.loads(path.read_text())
        before, told = kept(notebook), kept(with_outputs(notebook))
        is_wrong |= before != told
        print(f"{path.relative_to(ROOT)}: {'as kept' if before == told else 'it prints something else'}")
        if options.write:
            path.write_text(json.dumps(notebook, indent=1, ensure_ascii=False) + "\n")
    return int(is_wrong)


if __name__ == "__main__":
    sys.exit(main())
