"""The command line: every command, its options and what they may be."""

from __future__ import annotations

import argparse
import os
from importlib import metadata
from pathlib import Path

from ...oracle.numbers.dtypes import DTYPES
from ...oracle.problem.passes import Pass
from ...reports.records.record import LEAST_COMPARED
from ..candidates import BUILT_IN, DEFAULT, FORMS
from ..cases.corpora import CORPORA
from ..cases.profiles import PROFILES
from ..cases.space import RANKS
from ..checks.kind import OfCandidate
from ..checks.registry import CHECKS

_LARGEST_AMOUNT = 1_000_000
DEFAULT_OUT = Path("conformance-report")
DEFAULT_MEMORY = Path(".convoracle") / "failures"


def parser() -> argparse.ArgumentParser:
    """The parser of every command; `run` is the function that does it, as ``module:function`` of this package."""
    parser = argparse.ArgumentParser(
        prog="convoracle",
        description="Proves that a convolution implementation is right, or shows exactly where it is wrong.",
        epilog="Exit codes: 0 all conform; 1 mismatches found, or too little was compared; 2 wrong usage; "
        "3 the harness itself failed; 130 interrupted.",
    )
    parser.add_argument("--version", action="version", version=f"convoracle {metadata.version('convoracle')}")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    _add_check(commands)
    _add_replay(commands)
    _add_report(commands)
    _add_seed(commands)
    _add_header(commands)
    _add_adapter(commands)
    _add_support(commands)
    _add_vectors(commands)
    _add_power(commands)
    return parser


def _add_check(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    check = commands.add_parser(
        "check",
        help="examine candidates on generated cases and write a report",
        description="Examine candidates on generated cases, and write a report for each case into a folder.",
    )
    check.add_argument(
        "candidates",
        nargs="*",
        metavar="CANDIDATE",
        help=f"some of {', '.join(BUILT_IN)} (default: {', '.join(DEFAULT)}); your own is given as {FORMS}",
    )
    check.add_argument("--profile", choices=tuple(PROFILES), default="quick", help="how much to run (default: quick)")
    check.add_argument(
        "--out",
        type=Path,
        default=DEFAULT_OUT,
        metavar="DIR",
        help=f"the report's folder (default: {DEFAULT_OUT}); an earlier report there is replaced",
    )
    check.add_argument(
        "--seed", type=_natural, default=0, metavar="N", help="the same seed draws the same cases (default: 0)"
    )
    check.add_argument(
        "--cases", type=_positive, metavar="N", help="cases for each candidate, instead of the profile's number"
    )
    _add_space(check)
    _add_calls(check)
    _add_gate(check)
    check.set_defaults(run="check_command:check")


def _add_space(check: argparse.ArgumentParser) -> None:
    """What is examined: a corpus or generated cases, and which of them."""
    check.add_argument(
        "--corpus",
        dest="corpora",
        action="append",
        metavar="CORPUS",
        help="instead of generated cases, the convolutions of a network, benchmark or collection, in float32 unless "
        f"--dtypes says otherwise: one of {', '.join(CORPORA)}, or a file of benchdnn descriptors; may be repeated",
    )
    check.add_argument("--batch", type=_positive, metavar="N", help="with --corpus: images, instead of each one's own")
    check.add_argument(
        "--max-products",
        type=_positive,
        metavar="N",
        help="with --corpus: shrink what has more products, keeping its kind (default: full size)",
    )
    check.add_argument(
        "--ranks",
        type=int,
        nargs="+",
        choices=RANKS,
        metavar="R",
        help=f"numbers of spatial axes, {RANKS[0]} to {RANKS[-1]} (default: 1 2 3)",
    )
    check.add_argument(
        "--dtypes",
        nargs="+",
        choices=DTYPES,
        metavar="DTYPE",
        help=f"some of {', '.join(DTYPES)} (default: those that a candidate says it takes, of your own the first four "
        "floating-point ones)",
    )
    check.add_argument(
        "--passes",
        nargs="+",
        choices=[p.value for p in Pass],
        metavar="PASS",
        help=f"some of {', '.join(p.value for p in Pass)} (default: all that a candidate offers)",
    )
    schedules = [kind.schedule for kind in CHECKS.values()]
    on_demand = [schedule.asked for schedule in schedules if isinstance(schedule, OfCandidate)]
    check.add_argument(
        "--checks",
        nargs="+",
        choices=tuple(CHECKS),
        metavar="CHECK",
        help=f"some of {', '.join(CHECKS)} (default: all, but {', and '.join(on_demand)}); structure, on which the "
        "others rest, is asked in any case",
    )


def _add_calls(check: argparse.ArgumentParser) -> None:
    """How candidates are called, and what is remembered of it."""
    check.add_argument(
        "--time-limit",
        type=_amount,
        default=10.0,
        metavar="S",
        help="seconds that a call may take before it counts as hung (default: 10)",
    )
    check.add_argument(
        "--memory-limit", type=_amount, default=4.0, metavar="GIB", help="GiB that a call may allocate (default: 4)"
    )
    check.add_argument(
        "-j",
        "--jobs",
        type=_positive,
        default=len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1,
        metavar="N",
        help="how many processes examine cases at the same time, of all candidates together (default: the cores); "
        "what they find does not depend on it",
    )
    check.add_argument(
        "--in-process",
        action="store_true",
        help="run candidates in this process, one after the other, for a debugger; a crash then ends the run",
    )
    check.add_argument(
        "--memory",
        type=Path,
        default=DEFAULT_MEMORY,
        metavar="DIR",
        help=f"where failing cases are kept, to be tried first next time (default: {DEFAULT_MEMORY})",
    )


def _add_gate(check: argparse.ArgumentParser) -> None:
    """What keeps a run without mismatches from passing."""
    check.add_argument(
        "--min-compared",
        type=_share,
        default=LEAST_COMPARED,
        metavar="SHARE",
        help="the share of what is asked of a candidate, and of each of its passes, that is to be compared; below it "
        f"the run does not pass (default: {LEAST_COMPARED})",
    )
    check.add_argument(
        "--write-supported",
        type=Path,
        metavar="FILE",
        help="write there what was compared and conforms: each pass, dtype and setting of each candidate",
    )
    check.add_argument(
        "--supported",
        type=Path,
        metavar="FILE",
        help="what --write-supported wrote: what was supported then and is not any more fails",
    )


def _add_replay(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    replay = commands.add_parser(
        "replay",
        help="ask a recorded mismatch again",
        description="Put the recorded operands of a mismatch to a candidate again.",
    )
    replay.add_argument("record", type=Path, metavar="RECORD", help="a mismatch.json, or its folder")
    replay.add_argument(
        "--candidate",
        metavar="CANDIDATE",
        help="whom to ask; needed if the one recorded is not built in, since a record is never executed",
    )
    replay.add_argument("--in-process", action="store_true", help="run the candidate in this process, for a debugger")
    replay.add_argument(
        "--time-limit", type=_amount, default=10.0, metavar="S", help="seconds that the call may take (default: 10)"
    )
    replay.set_defaults(run="replay_command:replay")


def _add_report(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    report = commands.add_parser(
        "report",
        help="write a run's index.html and junit.xml again",
        description="Write index.html and junit.xml again from the records of a run, also of one that was killed.",
    )
    report.add_argument("folder", type=Path, metavar="DIR", help="the run's folder")
    report.set_defaults(run="small_commands:report")


def _add_adapter(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    adapter = commands.add_parser(
        "adapter",
        help="a conformance run for an adapter: does it hand everything over",
        description="Look at a candidate as an adapter of a library: every feature, the arithmetic that it declares, "
        "the calls to paste, a fresh process. Ends with 1 if something is to be mended.",
    )
    adapter.add_argument("candidate", metavar="CANDIDATE", help=f"a built-in name, or {FORMS}")
    _add_time_limit(adapter)
    adapter.set_defaults(run="adapter_command:adapter")


def _add_support(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    support = commands.add_parser(
        "support",
        help="what candidates support: every pass of every feature, by asking",
        description="Ask candidates for every pass of every feature, and print the answers as a Markdown table.",
    )
    support.add_argument(
        "candidates", nargs="*", metavar="CANDIDATE", help="whom to ask (default: all built-in ones that are installed)"
    )
    support.add_argument("--out", type=Path, metavar="FILE", help="write the table there instead of printing it")
    _add_time_limit(support)
    support.set_defaults(run="adapter_command:support")


def _add_vectors(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    vectors = commands.add_parser(
        "vectors",
        help="frozen cases with exact results, for those without Python",
        description="Write frozen cases with exact results into a folder, or show that such a folder is right.",
    )
    kinds = vectors.add_subparsers(required=True, metavar="ACTION")
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


def _add_power(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    power = commands.add_parser(
        "power",
        help="which known faults a profile's cases can see",
        description="Print, for each fault model and each pass in which it can show, how many of a profile's cases see "
        "it. Ends with 1 if no case sees some of them.",
    )
    power.add_argument("--profile", choices=tuple(PROFILES), default="quick", help="whose cases (default: quick)")
    power.add_argument("--seed", type=_natural, default=0, metavar="N", help="of the cases (default: 0)")
    power.add_argument("--cases", type=_positive, metavar="N", help="instead of the profile's number")
    power.add_argument(
        "--fault", dest="faults", nargs="+", default=(), metavar="NAME", help="only these fault models (default: all)"
    )
    power.set_defaults(run="power_command:power")


def _add_time_limit(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--time-limit", type=_amount, default=60.0, metavar="S", help="seconds that a call may take (default: 60)"
    )


def _add_seed(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    seed = commands.add_parser(
        "seed",
        help="print the equations of the 3x3 by 2x2 example",
        description="Print the worked example that everything rests on: a 3x3 input and a 2x2 filter, every equation.",
    )
    seed.set_defaults(run="small_commands:seed")


def _add_header(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    header = commands.add_parser(
        "header",
        help="print convoracle.h, the C interface of candidates in a shared library",
        description="Print convoracle.h, the C interface of candidates in a shared library.",
    )
    header.add_argument(
        "--folder", action="store_true", help="print the folder that holds it instead, for a compiler's -I"
    )
    header.set_defaults(run="small_commands:header")


def _natural(text: str) -> int:
    return _number(text, least=0)


def _positive(text: str) -> int:
    return _number(text, least=1)


def _number(text: str, *, least: int) -> int:
    if not text.isascii() or not text.isdigit() or int(text) < least:
        raise argparse.ArgumentTypeError(f"{text!r} should be an integer of at least {least}")
    return int(text)


def _share(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 1:
        raise argparse.ArgumentTypeError(f"{text!r} should be a number from 0 to 1")
    return value


def _amount(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = 0.0
    if not 0 < value <= _LARGEST_AMOUNT:
        raise argparse.ArgumentTypeError(f"{text!r} should be a number above 0, and at most {_LARGEST_AMOUNT}")
    return value
