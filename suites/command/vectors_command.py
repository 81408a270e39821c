"""`convoracle vectors`: write the frozen cases, and show that a set of them is right."""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.progress import Progress

from ..vectors import export, onnx_folders
from ..vectors.verify import read_set, verify
from .plain_console import plain_console


def add_options(vectors: argparse.ArgumentParser) -> None:
    """To write a set, or to show that one is right."""
    kinds = vectors.add_subparsers(required=True, metavar="ACTION", parser_class=argparse.ArgumentParser)
    export = kinds.add_parser("export", help="write the vectors", description="Write every vector into a folder.")
    export.add_argument("folder", type=Path, metavar="DIR", help="new, empty, or an earlier export")
    export.add_argument(
        "--format",
        choices=("raw", "onnx"),
        default="raw",
        help="raw: a JSON manifest and one binary file, all passes; onnx: ONNX backend-test folders, forward only",
    )
    export.add_argument(
        "--only",
        nargs="+",
        default=(),
        metavar="NAME",
        help="passes, dtypes, checks or flags: vectors that have one of each kind given (docs/vectors.md lists them)",
    )
    export.set_defaults(run="vectors_command:export_vectors")
    verify = kinds.add_parser(
        "verify", help="show that a set is right", description="Compute every expected result of a raw set anew."
    )
    verify.add_argument("folder", type=Path, metavar="DIR", help="with a manifest.json")
    verify.add_argument(
        "--thoroughly", action="store_true", help="every element by the defining equations, which takes a minute"
    )
    verify.set_defaults(run="vectors_command:verify_vectors")


def export_vectors(options: argparse.Namespace) -> int:
    """Write the set into a folder; 0."""
    console = plain_console(stderr=True)
    write = onnx_folders.export_onnx if options.format == "onnx" else export.export
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        task = progress.add_task("vectors", total=None)

        def advance(done: int, total: int) -> None:
            progress.update(task, completed=done, total=total)

        count = write(options.folder, advance, only=options.only)
    size = sum(path.stat().st_size for path in options.folder.rglob("*") if path.is_file())
    print(f"{count} vectors, {size / 2**20:.2f} MiB, in {options.folder}")
    return 0


def verify_vectors(options: argparse.Namespace) -> int:
    """Compute every expected result anew; 0 if all are right, else 1."""
    manifest, data = read_set(options.folder)
    count = len(manifest["illegal"]) + sum(len(group["vectors"]) for group in manifest["groups"])
    console = plain_console(stderr=True)
    bad = 0
    with Progress(console=console, transient=True, disable=not console.is_terminal) as progress:
        problems = verify(manifest, data, thoroughly=options.thoroughly)
        for problem in progress.track(problems, total=count, description="vectors"):
            if problem is not None:
                bad += 1
                print(f"{problem.id}: {problem.what}")
    print(f"{bad} of {count} vectors are wrong" if bad else f"{count} vectors are right")
    return 1 if bad or not count else 0
