"""`convoracle campaign`: as many cases as there is time and machines for, examined by workers anywhere."""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from rich.console import Console

from ...oracle.errors import InvalidArgument
from ...reports.files.held_against import baseline_text, keep_baseline
from ...reports.records.campaign_state import CampaignState
from ...reports.site.campaign import facts, headline, loss_text
from ...reports.views.gate import Judgement
from ...reports.views.wording import headline as mismatch_headline
from ..calling.cores import CORES
from ..campaign.campaign import Campaign, absolute
from ..campaign.engines import LOCAL, opened
from ..campaign.events import CampaignEvent, CaseBlamed, PartCollected, PartLost
from ..campaign.state import Watching, read_state, write_state
from ..cases.budget import PART_CASES, parts
from ..search.failure_store import FailureMemory
from ..search.findings import RunPlan
from .arguments import natural, positive, span
from .conclusion import conclude, failing_cases
from .gate import Gate
from .plain_console import plain_console, table_console
from .planning import budget_of, limits_of
from .space_options import DEFAULT_MEMORY, add_limits, add_memory, add_profile, add_space

STATUS = "status"
_SECONDS_BETWEEN_STATES = 2.0


def add_options(campaign: argparse.ArgumentParser) -> None:
    """Which candidates, how many cases, and by whom they are examined."""
    campaign.add_argument(
        "candidates",
        nargs="+",
        metavar="CANDIDATE",
        help="as of convoracle check, found by every worker; or, in their place, status and a campaign's folder",
    )
    campaign.add_argument("--cases", type=positive, default=100 * PART_CASES, metavar="N", help="of each candidate")
    campaign.add_argument(
        "--out", type=Path, default=Path("campaign"), metavar="DIR", help="its folder (default: campaign)"
    )
    campaign.add_argument("--seed", type=natural, default=0, metavar="N", help="(default: 0)")
    campaign.add_argument(
        "--scheduler",
        default=LOCAL,
        metavar="ADDRESS",
        help="local (the default): processes of this machine; or the address of a Dask scheduler: tcp://HOST:8786",
    )
    campaign.add_argument(
        "-j", "--jobs", type=positive, metavar="N", help="workers of this machine (default: the cores)"
    )
    campaign.add_argument(
        "--needs",
        action="append",
        default=[],
        metavar="CANDIDATE=NAME:AMOUNT",
        help="what workers have to have that examine a candidate, as dask worker --resources says: torch-cuda=GPU:1",
    )
    campaign.add_argument(
        "--part-time", type=span, default=3600.0, metavar="TIME", help="after which a part counts as lost (default: 1h)"
    )
    campaign.add_argument(
        "--baseline", type=Path, metavar="FILE", help="deviations that are known, as of convoracle check"
    )
    campaign.add_argument("-q", "--quiet", action="store_true", help="print only what keeps it from passing")
    add_profile(campaign, default="deep")
    add_memory(campaign, "to be tried first next time")
    add_space(campaign)
    add_limits(campaign)
    campaign.set_defaults(run="campaign_command:campaign")


def campaign(options: argparse.Namespace) -> int:
    """Examine what is not in the folder yet; 0 if all conform and nothing is missing, 1 otherwise."""
    if options.candidates[0] == STATUS:
        return _status(options.candidates[1:])
    plan = _plan(options)
    baseline = "" if options.baseline is None else baseline_text(options.baseline)
    judged: Judgement | None = None
    console = plain_console(soft_wrap=True)
    for told in dict.fromkeys(told for each in plan.sources for told in FailureMemory(plan.memory, each).prepare()):
        print(f"convoracle: {told}", file=sys.stderr)
    with opened(options.scheduler, options.jobs or CORES, _needs(options)) as engine:
        made = Campaign(plan, engine, options.out, options.part_time, options.command)
        try:
            with closing(made.run()) as events:
                _follow(made, events, options.out, None if options.quiet else console)
        finally:
            if made.has_folder:
                if baseline:
                    keep_baseline(baseline, options.out)
                judged = conclude(options.out, Gate(), table_console(), quiet=options.quiet)
                made.remember(failing_cases(judged.against))
    return 0 if judged is not None and judged.passes and made.is_whole else 1


def _follow(made: Campaign, events: Iterable[CampaignEvent], folder: Path, console: Console | None) -> None:
    """Tell what is told, and write how far it is."""
    watching, last, seen = None, 0.0, set[tuple[str, str]]()
    for event in events:
        if watching is None:
            watching = _watching(made)
        watching.note(event)
        if console is not None and (line := _line(event, seen)):
            console.print(line, markup=False, highlight=False)
        if folder.is_dir() and time.monotonic() - last >= _SECONDS_BETWEEN_STATES:
            last = time.monotonic()
            write_state(watching.state(), folder)
    if watching is not None and folder.is_dir():
        watching.end()
        write_state(watching.state(), folder)


def _watching(made: Campaign) -> Watching:
    def name_of(source: str) -> str:
        info = made.infos.get(source)
        return source if info is None else info.candidates[0].name

    count = len(parts(made.plan.budget))
    return Watching(name_of, dict.fromkeys(made.plan.sources, count), dict(made.before))


def _line(event: CampaignEvent, seen: set[tuple[str, str]]) -> str:
    """What an event says; a mismatch that many parts meet is told once."""
    match event:
        case PartCollected(part, where, done, total, mismatches, _):
            told = {(mismatch_headline(each), each.case) for each in mismatches} - seen
            seen |= told
            met = "".join(f"\n  {text}, on {case}" for text, case in sorted(told))
            return f"{done}/{total} parts: {part.candidate}, part {part.number}, on {where}{met}"
        case PartLost(planned, why):
            return f"lost: {planned.source}, part {planned.number}: {why}; it is tried again alone"
        case CaseBlamed(planned, place, why):
            return f"{planned.source}, part {planned.number}: {why}, each time with its case {place}"
        case _:
            return ""


def _status(folders: list[str]) -> int:
    if len(folders) != 1:
        raise InvalidArgument("candidates", folders, "should be the folder of one campaign", where="campaign status")
    state = read_state(Path(folders[0]))
    for line in _status_lines(state):
        print(line)
    return 0


def _status_lines(state: CampaignState) -> Iterable[str]:
    yield headline(state)
    yield from facts(state)
    for each in state.parts:
        yield f"{each.candidate}: {each.done:,} of {each.total:,} parts, {each.mismatches:,} mismatches met in them"
    for met in state.met:
        yield f"{met.text}, on {met.case}"
    for lost in state.lost:
        yield f"lost: {lost.candidate}, part {lost.part}: {loss_text(lost)}"


def _plan(options: argparse.Namespace) -> RunPlan:
    sources = tuple(dict.fromkeys(absolute(options.candidates)))
    return RunPlan(sources, budget_of(options), limits_of(options), tuple(options.memory or (DEFAULT_MEMORY,)), jobs=1)


def _needs(options: argparse.Namespace) -> dict[str, dict[str, float]]:
    found: dict[str, dict[str, float]] = {}
    candidates = absolute(options.candidates)
    for text in options.needs:
        named, _, need = text.rpartition("=")
        name, _, amount = need.partition(":")
        (source,) = absolute([named])
        if not name or not amount.isdecimal() or source not in candidates:
            requirement = "should be a candidate of the campaign with a name and an amount: torch-cuda=GPU:1"
            raise InvalidArgument("needs", text, requirement, where="campaign")
        found.setdefault(source, {})[name] = float(amount)
    return found
