"""The command line: every command, and a parser that imports what a command needs when that is asked for."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from functools import partial
from importlib import import_module
from typing import Any, NamedTuple


class Command(NamedTuple):
    """A command.

    Parameters
    ----------
    name : str
    help : str
        In the list of all commands.
    description : str
        In its own help.
    module : str
        The module of this package whose ``add_options`` adds its options to a parser, and sets `run` to the function
        that does it, as ``module:function`` of this package.
    is_configured : bool
        Whether its options may stand in a file, too.
    """

    name: str
    help: str
    description: str
    module: str
    is_configured: bool = False


COMMANDS = (
    Command(
        "check",
        "examine candidates on generated cases and write a report",
        "Examine candidates on generated cases, and write a report for each case into a folder.",
        "check_options",
        is_configured=True,
    ),
    Command(
        "replay",
        "ask a recorded mismatch again",
        "Put the recorded operands of a mismatch to a candidate again.",
        "replay_command",
    ),
    Command(
        "report",
        "write a run's page, junit.xml and sarif.json again",
        "Write index.html, junit.xml and sarif.json again from the records of a run, also of one that was killed.",
        "report_command",
    ),
    Command(
        "show",
        "what came out of a run, told again",
        "Print what convoracle check told at the end of a run: causes, counts, and what was compared.",
        "show_command",
    ),
    Command(
        "explain",
        "all that is known of one mismatch of a run",
        "Print a mismatch with its diagnosis and its equations, and how to go on with it.",
        "explain_command",
    ),
    Command(
        "diff",
        "what is wrong in a run that was not wrong in an earlier one",
        "Compare two runs: what is wrong now and was not, what was mended, what is not compared any more, and what "
        "candidates declare otherwise. Ends with 1 if something is wrong that was not known to be.",
        "diff_command",
    ),
    Command(
        "campaign",
        "a large run, whose parts are examined by workers on many machines",
        "Examine candidates on many cases, by processes of this machine or by the workers of a Dask scheduler, and "
        "collect what they find in one folder. Begun again with the same words, it goes on. Ends as check does, and "
        "with 1 if a part is missing. convoracle campaign status DIR says how far one is.",
        "campaign_command",
    ),
    Command(
        "merge",
        "runs of several shards or machines put together",
        "Put together runs of one plan, such as those of convoracle check --shard: of each part that they examined, "
        "once. Ends with 1 if something is wrong, or a part is missing.",
        "merge_command",
    ),
    Command(
        "baseline",
        "a run's mismatches as known deviations, to edit",
        "Write a baseline for convoracle check --baseline: an entry for each cause of a run's mismatches.",
        "baseline_command",
    ),
    Command(
        "seed",
        "print the equations of the 3x3 by 2x2 example",
        "Print the worked example that everything rests on: a 3x3 input and a 2x2 filter, every equation.",
        "seed_command",
    ),
    Command(
        "header",
        "print convoracle.h, the C interface of candidates in a shared library",
        "Print convoracle.h, the C interface of candidates in a shared library.",
        "header_command",
    ),
    Command(
        "certify",
        "whole layers of a network at full size, proven right in about the time that it takes to read them",
        "Call a candidate for layers of a corpus and prove each result right as a whole, by random combinations of its "
        "elements, which are known from the operands. Ends with 1 if a result is wrong, or none is certified.",
        "certify_command",
    ),
    Command(
        "probe",
        "what arithmetic a candidate has: its identity card, and what it should declare",
        "Ask a candidate, with inputs that are made for it, for the precision, roundings and order of its sums, and "
        "print what the answers imply. Ends with 1 if nothing is answered.",
        "probe_command",
    ),
    Command(
        "adapter",
        "a conformance run for an adapter: does it hand everything over",
        "Look at a candidate as an adapter of a library: every feature, the arithmetic that it declares, the calls to "
        "paste, a fresh process. Ends with 1 if something is to be mended.",
        "adapter_command",
    ),
    Command(
        "support",
        "what candidates support: every pass of every feature, by asking",
        "Ask candidates for every pass of every feature, and print the answers as a Markdown table.",
        "support_command",
    ),
    Command(
        "vectors",
        "frozen cases with exact results, for those without Python",
        "Write frozen cases with exact results into a folder, or show that such a folder is right.",
        "vectors_command",
    ),
    Command(
        "completion",
        "a script with which a shell completes this command",
        "Print a script for bash, zsh or fish, which completes commands, options and their values: "
        'eval "$(convoracle completion bash)", or convoracle completion fish | source.',
        "completion_command",
    ),
    Command(
        "power",
        "which known faults a profile's cases can see",
        "Print, for each fault model and each pass in which it can show, how many of a profile's cases see it. Ends "
        "with 1 if no case sees some of them.",
        "power_command",
    ),
)


def parser() -> argparse.ArgumentParser:
    """The parser of every command."""
    parser = argparse.ArgumentParser(
        prog="convoracle",
        description="Proves that a convolution implementation is right, or shows exactly where it is wrong.",
        epilog="Exit codes: 0 all conform; 1 mismatches found, or too little was compared; 2 wrong usage; "
        "3 the harness itself failed; 130 interrupted.",
    )
    parser.add_argument("--version", action=_Version, help="show program's version number and exit")
    commands = parser.add_subparsers(required=True, metavar="COMMAND", parser_class=_OfCommand)
    for command in COMMANDS:
        commands.add_parser(command.name, help=command.help, description=command.description, command=command)
    return parser


class _OfCommand(argparse.ArgumentParser):
    """The parser of a command, whose options are added when there is something to parse."""

    def __init__(self, *, command: Command, **settings: Any) -> None:
        super().__init__(**settings)
        self._command = command

    def parse_known_args(  # type: ignore[override]
        self, args: Sequence[str] | None = None, namespace: argparse.Namespace | None = None
    ) -> tuple[argparse.Namespace, list[str]]:
        """Parse what follows the command's name."""
        import_module(f".{self._command.module}", __package__).add_options(self)
        if not self._command.is_configured:
            return super().parse_known_args(args, namespace)
        from .configuration import with_file

        return with_file(self, partial(super().parse_known_args, args, namespace))


class _Version(argparse.Action):
    """Prints the version, which takes a while to look up."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str) -> None:
        super().__init__(option_strings, argparse.SUPPRESS, nargs=0, help=help)

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from importlib import metadata

        print(f"convoracle {metadata.version('convoracle')}")
        parser.exit()
