"""What the plugin is told: by options of the command line, or by keys of the configuration file."""

from __future__ import annotations

from pathlib import Path

import pytest

PROFILE_NAMES = ("quick", "standard", "deep")


def add_settings(parser: pytest.Parser) -> None:
    """Declare them; an option holds where both are given."""
    group = parser.getgroup("convoracle", "conformance of convolution implementations")
    group.addoption(
        "--conv-candidate",
        action="append",
        metavar="CANDIDATE",
        help="examine module:attribute, path/to/file.py:attribute or a built-in candidate: "
        "one test for each check and pass; may be given several times",
    )
    group.addoption("--conv-profile", choices=PROFILE_NAMES, help="how much to run (default: quick)")
    group.addoption("--conv-seed", type=int, metavar="N", help="the same seed draws the same cases (default: 0)")
    group.addoption(
        "--conv-report", metavar="DIR", help="write the run folder of the candidates here, with its report; once"
    )
    parser.addini("conv_candidates", "candidates that are examined as with --conv-candidate, one a line", "linelist")
    parser.addini("conv_profile", f"how much to run: {', '.join(PROFILE_NAMES)}", default="quick")
    parser.addini("conv_seed", "seed of the cases", default="0")
    parser.addini("conv_report", "folder for the report of the candidates; from the configuration file", default="")


def candidates_of(config: pytest.Config) -> tuple[str, ...]:
    """The candidates to be examined; files of the configuration are found from where that is."""
    named = config.getoption("--conv-candidate", default=None)
    if named:
        return tuple(dict.fromkeys(named))
    return tuple(dict.fromkeys(_from_root(config, source) for source in config.getini("conv_candidates")))


def profile_of(config: pytest.Config) -> str:
    """The profile.

    Raises
    ------
    pytest.UsageError
        If the configuration names none of those that there are.
    """
    name = str(config.getoption("--conv-profile") or config.getini("conv_profile"))
    if name not in PROFILE_NAMES:
        raise pytest.UsageError(f"conv_profile = {name!r}, but should be one of {', '.join(PROFILE_NAMES)}")
    return name


def seed_of(config: pytest.Config) -> int:
    """The seed.

    Raises
    ------
    pytest.UsageError
        If the configuration has something else than an integer of at least 0.
    """
    given = config.getoption("--conv-seed")
    text = str(config.getini("conv_seed") if given is None else given)
    if not text.isdecimal():
        raise pytest.UsageError(f"conv_seed = {text!r}, but should be an integer of at least 0")
    return int(text)


def report_of(config: pytest.Config) -> Path | None:
    """The folder for the report."""
    option: str | None = config.getoption("--conv-report", default=None)
    if option:
        return config.invocation_params.dir / option
    named: str = config.getini("conv_report")
    return config.rootpath / named if named else None


def _from_root(config: pytest.Config, source: str) -> str:
    path, separator, attribute = source.rpartition(":")
    if path.endswith(".py"):
        return f"{config.rootpath / path}{separator}{attribute}"
    return source
