"""The page of a campaign that goes on: it loads itself anew until the campaign has ended."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from ..files.layout import CAMPAIGN_PAGE
from ..files.whole import write_whole
from ..records.campaign_state import CampaignState, Lost
from ..views.gate import percent
from ..views.wording import clean, duration, plural
from .html import page


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a table; the share, in per cent, is drawn as a bar."""

    cells: tuple[str, ...]
    share: int = 0


@dataclass(frozen=True, slots=True)
class CampaignPage:
    """What the page says."""

    title: str
    is_over: bool
    headline: str
    facts: tuple[str, ...]
    parts: tuple[Line, ...]
    met: tuple[Line, ...]
    lost: tuple[Line, ...]
    machines: tuple[Line, ...]


def write_campaign(state: CampaignState, folder: Path) -> None:
    """Write the page into the campaign's folder, in the place of an earlier one."""
    view = CampaignPage(
        title=f"{percent(state.done, state.total)} · convoracle campaign",
        is_over=state.ended,
        headline=headline(state),
        facts=tuple(facts(state)),
        parts=tuple(
            Line(
                (clean(each.candidate), f"{each.done:,} of {each.total:,}", f"{each.mismatches:,}"),
                100 * each.done // max(each.total, 1),
            )
            for each in state.parts
        ),
        met=tuple(Line((clean(each.candidate), clean(each.text), clean(each.case))) for each in state.met),
        lost=tuple(Line((clean(each.candidate), str(each.part), loss_text(each))) for each in state.lost),
        machines=tuple(Line((clean(name), f"{count:,}")) for name, count in state.machines),
    )
    write_whole(folder / CAMPAIGN_PAGE, page("campaign.html", view, root=""))


def headline(state: CampaignState) -> str:
    """How far it is, in a line."""
    told = f"{state.done:,} of {plural(state.total, 'part')} examined"
    return f"The campaign has ended: {told}" if state.ended else told


def facts(state: CampaignState) -> Iterator[str]:
    """When it began, how fast it is, and what is left."""
    seconds = _seconds_between(state.started, state.updated)
    yield f"begun {state.started}, {'ended' if state.ended else 'as of'} {state.updated}"
    if seconds and state.machines:
        done = sum(count for _, count in state.machines)
        rate = done / seconds
        yield f"{plural(done, 'part')} in {duration(seconds)}, {60 * rate:.1f} a minute"
        if not state.ended and rate:
            yield f"about {duration((state.total - state.done) / rate)} left"
    if not state.ended:
        yield f"{state.running:,} handed out, {state.waiting:,} waiting"


def loss_text(lost: Lost) -> str:
    """What became of a part that was lost."""
    told = f"{clean(lost.why)}; lost {plural(lost.times, 'time')}"
    return f"{told}, each time with case {lost.case} of the part" if lost.case else told


def _seconds_between(first: str, second: str) -> float:
    try:
        return (datetime.fromisoformat(second) - datetime.fromisoformat(first)).total_seconds()
    except (ValueError, TypeError):
        return 0.0
