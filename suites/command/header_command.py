"""`convoracle header`: the C interface of candidates in a shared library."""

from __future__ import annotations

import argparse

from ..candidates.foreign.c_interface import HEADER


def add_options(header: argparse.ArgumentParser) -> None:
    """What of it."""
    header.add_argument(
        "--folder", action="store_true", help="print the folder that holds it instead, for a compiler's -I"
    )
    header.set_defaults(run="header_command:header")


def header(options: argparse.Namespace) -> int:
    """Print convoracle.h, or the folder that holds it."""
    print(HEADER.parent if options.folder else HEADER.read_text(), end="\n" if options.folder else "")
    return 0
