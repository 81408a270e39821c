"""`convoracle vectors`: write the frozen cases, and show that a set of them is right."""

from __future__ import annotations

import argparse

from rich.progress import Progress

from ..vectors import export, onnx_folders
from ..vectors.verify import read_set, verify
from .plain_console import plain_console


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
