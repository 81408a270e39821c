"""Which case comes next: the same for all that take everything, whatever faults they have, and never one twice."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from random import Random

import numpy as np
import pytest

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.oracle.operands.data import Case, parse_case
from convoracle.oracle.problem.geometry import ConvGeometry
from convoracle.oracle.problem.passes import Array, Pass
from convoracle.suites.audits import own_covering as module
from convoracle.suites.audits.power import stream
from convoracle.suites.calling.in_process import InProcess
from convoracle.suites.capabilities.asking import Asking
from convoracle.suites.capabilities.declined import Declined
from convoracle.suites.capabilities.forms import Form, form_of
from convoracle.suites.capabilities.offer import Offer
from convoracle.suites.cases.budget import Budget
from convoracle.suites.cases.covering import covering
from convoracle.suites.cases.profiles import PROFILES
from convoracle.suites.search import agenda
from convoracle.suites.search.agenda import Agenda, Chosen, Pause, Planned
from convoracle.suites.search.meanwhile import Meanwhile

SPACE = PROFILES["quick"].space(dtypes=("float32",))
FORWARD, OTHER = PASSES = (Pass.FORWARD, Pass.WEIGHT_GRADIENT)


def of_candidate(candidate: object, total: int, offer: Offer) -> Agenda:
    passes = frozenset({Pass.FORWARD})
    asking = Asking(InProcess(candidate), tuple(passes))
    return Agenda(Budget(offer.space, passes, total, 7), offer, asking, Declined("mine"))


def told(agenda: Agenda, remembered: Iterable[Case] = ()) -> list[Case]:
    return [planned.case for planned in agenda.cases(remembered) if isinstance(planned, Planned)]


class OfOneAxis:
    """Takes convolutions along one axis only, and says so."""

    def forward(self, input: Array, weight: Array, geometry: ConvGeometry) -> Array:
        if geometry.rank != 1:
            raise NotImplementedError("one axis only")
        return np.zeros(geometry.output_shape, input.dtype)


@pytest.mark.parametrize("total", [1, 10, 60, 100, 300])
def test_who_takes_everything_is_asked_the_stream_of_the_seed(total: int) -> None:
    asked = told(of_candidate("reference", total, Offer(SPACE)))
    assert tuple(asked) == stream(SPACE, total, 7)
    assert len(set(asked)) == total


def test_what_is_remembered_comes_first_and_once_and_leaves_room_for_the_covering() -> None:
    known = stream(SPACE, 60, 7)[5:45:2]
    elsewhere = replace(known[0], dtype="float64")
    asked = told(of_candidate("reference", 60, Offer(SPACE)), (*known, elsewhere))
    assert tuple(asked[: len(known)]) == known
    assert len(set(asked)) == len(asked) >= 60
    assert set(covering(SPACE)) <= set(asked)


def test_what_is_declined_does_not_count_and_drawing_is_given_up_where_most_is() -> None:
    plan = of_candidate(OfOneAxis(), 60, Offer(SPACE, is_whole=False))
    asked = told(plan)
    assert len(set(asked)) == len(asked)
    assert list(plan.taken) == asked
    assert {case.geometry.rank for case in asked} == {1}
    assert 0 < sum(record.declined for record in plan.declined.records()) < 400


IMAGES = {"t": 1, "f": 2, "d": 3, "e": 0}


def cases(letters: str, first_seed: int = 0) -> tuple[Case, ...]:
    """Different cases: t is taken, f by the forward pass only, and d declined; e is taken, with nothing to compute."""
    seeds = range(first_seed, first_seed + len(letters))
    return tuple(
        parse_case(f"n{IMAGES[each]}c1k1i1f1/float32/uniform/{seed}") for each, seed in zip(letters, seeds, strict=True)
    )


class Scripted(Asking):
    """What a candidate says that goes by the letters of cases."""

    def __init__(self) -> None:
        super().__init__(InProcess("reference"), PASSES)
        self.asked: dict[Case, None] = {}

    def said(self, pass_: Pass, case: Case) -> Verdict:
        self.asked[case] = None
        declining = {IMAGES["d"]: PASSES, IMAGES["f"]: (OTHER,)}.get(case.geometry.batch, ())
        return Verdict(Outcome.UNSUPPORTED, "declined") if pass_ in declining else Verdict(Outcome.CONFORMS)


@dataclass
class Sources:
    """Where cases come from, scripted."""

    usual: Sequence[Case] = ()
    covering: Sequence[Case] = ()
    own_covering: Sequence[Case] = ()
    chunks: Sequence[Sequence[Case]] = ()
    near: Sequence[Case] = ()
    pool: dict[Pass, list[Form]] = field(default_factory=lambda: {pass_: [] for pass_ in PASSES})
    near_which: list[Pass] = field(default_factory=list)
    """The passes near whose forms one was drawn."""
    added: list[tuple[Case, tuple[Pass, ...]]] = field(default_factory=list)
    sweeps: int = 0

    def swept(self, asking: Asking, offer: Offer) -> Sources:
        self.sweeps += 1
        return self

    def draw(self, pass_: Pass, random: Random) -> Case | None:
        self.near_which.append(pass_)
        return self.near[len(self.near_which) - 1] if len(self.near_which) <= len(self.near) else None

    def add(self, case: Case, passes: Iterable[Pass]) -> None:
        self.added.append((case, tuple(passes)))


@dataclass(frozen=True)
class ScriptedChunk:
    drawn: Sequence[Case]

    def cases(self) -> Sequence[Case]:
        return self.drawn


Script = Callable[..., Sources]


@pytest.fixture
def script(monkeypatch: pytest.MonkeyPatch) -> Script:
    """Has an agenda draw from what is given."""

    def script(**given: Sequence[Case]) -> Sources:
        sources = Sources(**given)
        monkeypatch.setattr(agenda, "usual_cases", lambda space, seed: iter(sources.usual))
        monkeypatch.setattr(agenda, "covering", lambda space: tuple(sources.covering))
        monkeypatch.setattr(module, "own_covering", lambda *_: iter(sources.own_covering))
        monkeypatch.setattr(agenda, "swept", sources.swept)
        chunks = (*sources.chunks, ())
        monkeypatch.setattr(agenda, "Chunk", lambda space, seed, number: ScriptedChunk(chunks[number]))
        return sources

    return script


FORMS = {pass_: (form_of(parse_case("n1c1k1i1f1/float32/uniform/0")),) for pass_ in PASSES}
WHOLE = Offer(SPACE)
RESTRICTED = Offer(SPACE, FORMS, is_whole=False)


def scripted(total: int, offer: Offer = WHOLE) -> tuple[Agenda, Scripted]:
    asking = Scripted()
    return Agenda(Budget(SPACE, frozenset(PASSES), total, 7), offer, asking, Declined("scripted")), asking


def test_of_ten_cases_four_are_usual_then_one_is_drawn_and_after_three_of_the_covering_two_are(script: Script) -> None:
    usual, covered, drawn = cases("ttttttttt"), cases("ttttt", 100), cases("ttttttttt", 200)
    script(usual=usual, covering=covered, chunks=[drawn[:2], drawn[2:]])
    assert told(scripted(10)[0]) == [*usual[:4], drawn[0], *covered[:3], *drawn[1:3]]


def test_what_is_remembered_takes_the_place_of_drawn_cases(script: Script) -> None:
    usual, covered, drawn, known = (cases("ttttttt", 100 * number) for number in range(4))
    script(usual=usual, covering=covered, chunks=[drawn])
    assert told(scripted(10)[0], known[:2]) == [*known[:2], *usual[:4], *covered[:3], drawn[0]]


def test_of_what_is_remembered_is_told_as_small_what_is_in_the_space_and_taken(script: Script) -> None:
    first, declined, last = cases("tdt")
    (drawn,) = cases("t", 100)
    elsewhere = replace(first, dtype="float64")
    script(chunks=[(drawn,)])
    plan, asking = scripted(10)
    planned = [each for each in plan.cases((first, elsewhere, declined, first, last)) if isinstance(each, Planned)]
    assert [(each.case, each.is_small) for each in planned] == [(first, True), (last, True), (drawn, False)]
    assert elsewhere not in asking.asked


@pytest.mark.parametrize("offer", [WHOLE, RESTRICTED])
def test_what_was_told_or_declined_does_not_come_again(offer: Offer, script: Script) -> None:
    met, new = cases("tdt"), cases("tt", 100)
    script(usual=met, covering=(*met, new[0]), own_covering=(*met, new[0]), chunks=[(*met, *new)], near=(*met, *new))
    plan, _ = scripted(20, offer)
    assert told(plan) == [met[0], met[2], *new]
    assert [record.declined for record in plan.declined.records()] == [1]


def test_who_is_not_restricted_takes_a_case_with_all_passes_or_with_none(script: Script) -> None:
    taken, of_one, declined = cases("tfd")
    script(chunks=[(taken, of_one, declined)])
    plan, _ = scripted(20)
    assert told(plan) == [taken, of_one]
    assert plan.taken == {taken: list(PASSES), of_one: list(PASSES)}


def test_who_is_restricted_takes_a_case_with_the_passes_that_do_not_decline_it(script: Script) -> None:
    taken, of_one, declined = cases("tfd")
    script(chunks=[(taken, of_one, declined)])
    plan, _ = scripted(20, RESTRICTED)
    assert told(plan) == [taken, of_one]
    assert plan.taken == {taken: list(PASSES), of_one: [FORWARD]}


@pytest.mark.parametrize(("letter", "is_alike"), [("d", True), ("f", False)])
def test_of_passes_that_took_the_same_until_now_one_is_asked_for_all(
    letter: str, is_alike: bool, script: Script
) -> None:
    """A case that only the other one declines is then taken as one of both: that it declines is its verdict there."""
    sources = script(usual=(*cases("tf"),))
    asking = Scripted()
    (before,) = cases(letter, first_seed=9)
    asking.learned.said |= {(pass_, before): asking.said(pass_, before) for pass_ in PASSES}
    plan = Agenda(Budget(SPACE, frozenset(PASSES), 5, 7), Offer(SPACE, is_whole=False), asking, Declined("mine"))
    assert told(plan)[:2] == [*sources.usual]
    assert [tuple(plan.taken[case]) for case in sources.usual] == [PASSES, PASSES if is_alike else (FORWARD,)]


@pytest.mark.parametrize("offer", [WHOLE, RESTRICTED])
def test_a_pass_is_not_asked_in_a_dtype_of_which_it_takes_nothing(offer: Offer, script: Script) -> None:
    (taken,) = cases("t")
    script(chunks=[(taken,)])
    plan, _ = scripted(20, replace(offer, untaken={(OTHER, "float32"): "no loop"}))
    assert told(plan) == [taken]
    assert plan.taken == {taken: [FORWARD]}


@pytest.mark.parametrize(("offer", "tried"), [(WHOLE, 2), (RESTRICTED, 15)])
def test_who_is_whole_is_asked_the_share_of_usual_layers_who_is_restricted_three_for_each_case_of_the_budget(
    offer: Offer, tried: int, script: Script
) -> None:
    script(usual=cases("d" * 50))
    plan, asking = scripted(5, offer)
    assert told(plan) == []
    assert len(asking.asked) == tried


@pytest.mark.parametrize(
    ("offer", "is_own"),
    [
        (WHOLE, False),
        (replace(WHOLE, forms=FORMS), False),
        (replace(RESTRICTED, forms={}), False),
        (RESTRICTED, True),
    ],
)
def test_who_is_restricted_to_some_forms_has_a_covering_of_its_own(offer: Offer, is_own: bool, script: Script) -> None:
    shipped, own = cases("t"), cases("t", 100)
    script(covering=shipped, own_covering=own)
    assert told(scripted(5, offer)[0]) == list(own if is_own else shipped)


def test_after_a_chunk_that_brings_nothing_new_none_is_drawn(script: Script) -> None:
    first, second, third, fourth = cases("te"), cases("t", 100), cases("d", 200), cases("t", 300)
    script(chunks=[first, second, (*third, *first), fourth])
    plan, asking = scripted(100)
    assert told(plan) == [*first, *second]
    assert list(asking.asked) == [*first, *second, *third]


@pytest.mark.parametrize(
    ("drawn", "asked"),
    [("d" * 20, 11), ("tt" + "d" * 20, 15), ("e" + "d" * 20, 12), ("ddddd" + "tt" + "d" * 20, 15)],
)
@pytest.mark.parametrize("offer", [WHOLE, RESTRICTED])
def test_drawing_at_large_ends_with_eleven_more_declined_than_taken_with_something_to_compute(
    drawn: str, asked: int, offer: Offer, script: Script
) -> None:
    sources = script(chunks=[cases(drawn)])
    plan, asking = scripted(100, offer)
    told(plan)
    assert list(asking.asked) == list(cases(drawn)[:asked])
    assert bool(sources.near_which) is (offer is RESTRICTED)


def test_who_is_restricted_has_nothing_to_compute_in_one_case_of_eight_at_most(script: Script) -> None:
    drawn, wanted = "eetttttteteettttttete", "e tttttt te tttttt te"
    script(chunks=[cases(drawn)])
    expected = [case for case, letter in zip(cases(drawn), wanted, strict=True) if letter != " "]
    assert told(scripted(100, RESTRICTED)[0]) == expected


def test_who_is_not_restricted_may_have_nothing_to_compute_in_any_case(script: Script) -> None:
    script(chunks=[cases("eeteet")])
    assert told(scripted(100)[0]) == list(cases("eeteet"))


@pytest.mark.parametrize(("drawn", "at_large"), [("tftffttt", 5), ("fffttttt", 4), ("tttttttt", 8)])
def test_from_half_way_on_a_pass_asked_less_than_half_as_often_as_another_is_sought(
    drawn: str, at_large: int, script: Script
) -> None:
    """The first eight of ten cases are told before the covering is known."""
    near = cases("tttttttt", 100)
    script(chunks=[cases(drawn)], near=near)
    assert told(scripted(10, RESTRICTED)[0])[:8] == [*cases(drawn)[:at_large], *near[: 8 - at_large]]


def test_a_pass_that_takes_no_form_is_not_sought(script: Script) -> None:
    script(chunks=[cases("ffffffffff")])
    of_one = replace(RESTRICTED, forms={**FORMS, OTHER: ()})
    assert told(scripted(10, of_one)[0]) == list(cases("ffffffffff"))


@pytest.mark.parametrize("offer", [replace(WHOLE, forms=FORMS), replace(RESTRICTED, forms={})])
def test_who_is_not_restricted_or_to_no_known_form_is_asked_nothing_but_what_is_drawn_at_large(
    offer: Offer, script: Script
) -> None:
    drawn = cases("ffffff"), cases("ffffff", 100)
    sources = script(chunks=drawn)
    plan, _ = scripted(10, replace(offer, untaken={(OTHER, "float32"): "no loop"}))
    assert told(plan) == [*drawn[0], *drawn[1][:4]]
    assert sources.sweeps == 0


def test_who_takes_forms_but_nothing_that_is_drawn_at_large_is_asked_near_them(script: Script) -> None:
    near = cases("tdttttttttttttttt")
    sources = script(near=near)
    plan, _ = scripted(10, RESTRICTED)
    assert told(plan) == [near[0], *near[2:11]]
    assert sources.sweeps == 1


def test_each_variation_is_near_one_of_the_pass_that_was_asked_least_and_what_is_taken_is_varied_in_turn(
    script: Script,
) -> None:
    usual, near = cases("tt"), cases("ftf", 100)
    sources = script(usual=usual, near=near)
    assert told(scripted(5, RESTRICTED)[0]) == [*usual, *near]
    assert sources.near_which == [FORWARD, OTHER, OTHER]
    assert [case for case, _ in sources.added] == [*usual, *near]
    assert [passes for _, passes in sources.added] == [PASSES, PASSES, (FORWARD,), PASSES, (FORWARD,)]


def test_there_are_ten_tries_for_each_variation_that_is_missing(script: Script) -> None:
    """Of ten cases first at those up to the eighth, and then at those up to the tenth; two are usual layers."""
    sources = script(usual=cases("tt"))
    assert told(scripted(10, RESTRICTED)[0]) == list(cases("tt"))
    assert len(sources.near_which) == 10 * 6 + 10 * 8


def test_there_is_a_pause_between_the_usual_layers_and_a_covering_until_that_is_chosen(script: Script) -> None:
    class Waiting(Meanwhile[Chosen]):
        chosen = False

        def is_over(self) -> bool:
            return self.chosen

    usual, covered = cases("tttt"), cases("ttt", 100)
    script(usual=usual, own_covering=covered)
    plan, _ = scripted(10, RESTRICTED)
    *before, pause = islice(plan.cases(apart=Waiting), 5)
    assert [each.case for each in before if isinstance(each, Planned)] == list(usual)
    assert isinstance(pause, Pause)
    assert not pause.is_over()
    Waiting.chosen = True
    assert pause.is_over()


@pytest.mark.parametrize(("total", "chosen"), [(2, 0), (3, 1), (30, 10), (300, 12)])
def test_of_a_covering_of_its_own_no_more_is_chosen_than_is_asked(
    total: int, chosen: int, script: Script, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To choose a case takes long: here only a third of what is asked can be of the covering."""
    script()
    covered, made = cases("t" * 12), list[Case]()
    monkeypatch.setattr(module, "own_covering", lambda *_: (made.append(case) or case for case in covered))
    assert told(scripted(total, RESTRICTED)[0]) == made == list(covered[:chosen])


def test_a_covering_that_is_the_same_for_everybody_is_not_waited_for_in_another_process(script: Script) -> None:
    script(usual=cases("tttt"), covering=cases("ttt", 100))
    (pause,) = (each for each in scripted(10, WHOLE)[0].cases() if isinstance(each, Pause))
    assert not pause.is_over()
