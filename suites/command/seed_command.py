"""`convoracle seed`: the worked example that everything rests on."""

from __future__ import annotations

import argparse

from ...oracle.explaining.worked_example import worked_example


def add_options(seed: argparse.ArgumentParser) -> None:
    """It has none."""
    seed.set_defaults(run="seed_command:seed")


def seed(options: argparse.Namespace) -> int:
    """Print the seed's equations."""
    print(worked_example())
    return 0
