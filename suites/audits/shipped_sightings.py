"""How the shipped cases see each known fault: kept as data, which a run need not find out again.

python -m convoracle.suites.audits.shipped_sightings > suites/audits/shipped_sightings.txt
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from ...oracle.faults import FAULT_MODELS, FaultModel, Kind
from ...oracle.operands.data import Case
from ...oracle.problem.passes import Pass
from ..cases.covering import shipped
from .sighting import Pair, Sighting, sighting

_KEPT = "shipped_sightings.txt"
_COLUMNS = (Sighting.IN_SHAPE, Sighting.FITTED)


@dataclass(frozen=True, slots=True)
class Sightings:
    """How the shipped cases see one fault in one pass.

    Parameters
    ----------
    of_case : mapping of Case to Sighting
    best : Sighting
        Of all; what none sees shows nowhere, and what none sees in its shape has another one wherever it shows.
    """

    of_case: Mapping[Case, Sighting]
    best: Sighting


def is_seen_by_one_case(model: FaultModel) -> bool:
    """Whether one case can see a fault; of conduct, one that takes several calls is left to the checks of these."""
    return model.kind is not Kind.CONDUCT or model.needs.calls == "once"


def shipped_sightings(pair: Pair) -> Sightings:
    """How the shipped cases of any number of axes see a fault in a pass."""
    model, pass_ = pair
    return _told(_kept()[model.name, pass_])


def seen(pair: Pair, case: Case) -> Sighting:
    """How a case sees a fault in a pass, as the first one asked; of a shipped case that is known."""
    known = shipped_sightings(pair).of_case.get(case)
    return sighting(*pair, case) if known is None else known


@cache
def _kept() -> dict[tuple[str, Pass], tuple[int, ...]]:
    text = files(__package__).joinpath(_KEPT).read_text()
    return {
        (name, Pass(pass_)): tuple(int(number, 16) for number in numbers)
        for name, *numbers, passes in (line.split() for line in text.splitlines())
        for pass_ in passes.split(",")
    }


@cache
def _told(numbers: tuple[int, ...]) -> Sightings:
    of_case = dict.fromkeys(shipped(), Sighting.NOT_AT_ALL)
    for seen, number in zip(_COLUMNS, numbers, strict=True):
        of_case |= {case: seen for place, case in enumerate(shipped()) if number >> place & 1}
    return Sightings(of_case, max(of_case.values()))


def lines(model: FaultModel) -> Iterator[str]:
    """What is kept of one fault: for each way of seeing it, its cases as the bits of a number; and in which passes."""
    alike: dict[tuple[str, ...], list[str]] = {}
    for pass_ in Pass:
        if pass_ in model.passes:
            seen = [sighting(model, pass_, case) for case in shipped()]
            numbers = (sum(1 << place for place, each in enumerate(seen) if each is way) for way in _COLUMNS)
            alike.setdefault(tuple(f"{number:x}" for number in numbers), []).append(str(pass_))
    for numbers_of, passes in alike.items():
        yield " ".join((model.name, *numbers_of, ",".join(passes)))


def main() -> None:
    """Print what is to be kept of all faults."""
    for model in filter(is_seen_by_one_case, FAULT_MODELS):
        print(*lines(model), sep="\n", flush=True)


if __name__ == "__main__":
    main()
