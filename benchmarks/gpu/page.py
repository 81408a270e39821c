"""The page docs/gpu.md, of the results of a run on a GPU or of there being none: page.py [RESULTS] > docs/gpu.md."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from parts import PARTS, VERSION

_HEAD = """# What a GPU was asked

`benchmarks/gpu/run.sh` asks one GPU, in at most eight minutes and without a network, for the parts below. Each
has its own time limit, and one that fails stops none. [On a GPU](how-to/gpu.md) says how candidates
run there, and how this is run.
"""
_NONE = """
**It has not run on a GPU yet.** Nothing here is shown as right: what needs no GPU was tried on a CPU by tests. The
kernel in CUDA C, `examples/cuda`, was compiled with nvcc 13.0, and ran as C++ on a device that is pretended.
"""


def page(results: Mapping[str, Any] | None) -> str:
    """Markdown of a document of `parts`, or of None."""
    found = {each["part"]: each for each in results["parts"]} if results else {}
    lines = [_HEAD, _NONE if results is None else _machine(results["machine"])]
    lines += ["| part | limit | outcome | seconds | what it said last |", "|---|---|---|---|---|"]
    for part in PARTS:
        lines.append(f"| {part.name} | {part.seconds} s | {_row(found.get(part.name))} |")
    lines.append("\nA part is done if it ends as it should; of a kernel with a bug, with a mismatch.")
    return "\n".join(lines) + "\n"


def _machine(machine: Mapping[str, str]) -> str:
    gpu = machine["gpu"] or "no GPU: it ran on the CPU, and shows nothing of one"
    return f"\nOn {gpu}, PyTorch {machine['torch']}, Python {machine['python']}.\n"


def _row(result: Mapping[str, Any] | None) -> str:
    if result is None:
        return "not run | – | –"
    last = next((line for line in reversed(result["told"]) if line.strip()), "–").replace("|", "\\|")
    return f"{result['outcome']} | {result['seconds']:.0f} | {last}"


def main() -> int:
    results = None
    if len(sys.argv) > 1:
        results = json.loads(Path(sys.argv[1]).read_text())
        if results.get("document") != "gpu" or results.get("version") != VERSION:
            print(f"{sys.argv[1]} should be a document 'gpu' of version {VERSION}", file=sys.stderr)
            return 2
    sys.stdout.write(page(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
