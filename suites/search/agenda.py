"""Which case next: usual layers, drawn ones, a covering, and variations of what a restricted candidate takes.

That follows from the seed and from what a candidate says it takes, which it is asked here; never from a verdict. So
cases can be told long before those before them are examined.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from dataclasses import dataclass, field
from itertools import count, islice, permutations
from random import Random

from ...oracle.operands.data import Case
from ...oracle.problem.passes import Pass
from ..capabilities.asking import Asking, Learned, Spokesmen
from ..capabilities.declined import Declined
from ..capabilities.offer import Offer
from ..capabilities.variations import Variations, swept
from ..cases.budget import Budget
from ..cases.corpora.selection import Provenance
from ..cases.covering import covering
from ..cases.drawing import Chunk, most_of_covering, prepare, shares, usual_share
from ..cases.usual import usual_cases
from .meanwhile import Meanwhile

PATIENCE = 10
"""Of the cases drawn at large, so many more may be declined than are taken; then variations of taken ones are drawn."""
_LEFT_OUT = 2
"""A pass that was asked this many times less than another is left out."""
_EMPTY_EVERY = 8
"""Of a restricted candidate's cases, so many are asked for one with nothing to compute: these are taken by most."""
TRIES = 10
"""At drawing one variation that is taken, on average."""
_USUAL_TRIED = 3
"""Usual layers that are put to a restricted candidate, for each case of the budget: it declines many."""


@dataclass(frozen=True, slots=True)
class Planned:
    """A case to be examined.

    Parameters
    ----------
    case : Case
    provenance : Provenance or None
        Where it comes from, if it is of a corpus.
    is_small : bool
        Whether it is as small as it gets already.
    """

    case: Case
    provenance: Provenance | None = None
    is_small: bool = False


@dataclass(frozen=True, slots=True)
class Pause:
    """A good time to look at what was begun: the next case takes a while to choose.

    Parameters
    ----------
    is_over : callable
        Whether it is chosen by now.
    """

    is_over: Callable[[], bool]


Chosen = tuple[tuple[Case, ...], Variations, Learned]
"""Of a covering what is asked, where near variations are drawn, and what was learned of the candidate for both."""


@dataclass(slots=True)
class Agenda:
    """The cases of one candidate: those that are to be examined, and which come next.

    Parameters
    ----------
    budget : Budget
    offer : Offer
        What the candidate takes.
    asking : Asking
    declined : Declined
        What all passes declined so far.
    taken : dict of Case to collection of Pass
        The cases told so far, with the passes that do not decline them, as far as that is known.
    """

    budget: Budget
    offer: Offer
    asking: Asking
    declined: Declined
    taken: dict[Case, Collection[Pass]] = field(default_factory=dict)
    _refused: set[Case] = field(default_factory=set)
    _asked_of: Counter[Pass] = field(default_factory=Counter)
    _with_something_to_compute: int = 0
    _in_favour: int = 0
    """Cases drawn at large that were taken and have something to compute, less those declined."""
    _numbers: Iterator[int] = field(default_factory=count)
    _variations: Variations | None = None
    _spokesmen: Spokesmen = field(init=False)
    """Whom a case is put to for each pass, where a candidate is restricted."""

    def __post_init__(self) -> None:
        self._spokesmen = self.asking.spokesmen()

    def cases(
        self,
        remembered: Iterable[Case] = (),
        apart: Callable[[Callable[[], Chosen]], Meanwhile[Chosen]] = Meanwhile,
    ) -> Iterator[Planned | Pause]:
        """Cases until the budget is spent; first those remembered that are in the space, as small as they are.

        Usual layers come before the covering of a restricted candidate is known, which takes a while to choose: `apart`
        may have that done meanwhile, in another process. Of a budget in parts, the first has the covering.
        """
        for case in remembered:
            if case in self.offer.space and self._is_new(case) and self._admits(case):
                yield Planned(case, is_small=True)
        total, usual = self.budget.cases, list[Case]()
        yield from self._until(len(self.taken) + usual_share(total, total), self._usual_layers(usual))
        covering_cases: tuple[Case, ...] = ()
        if self.budget.part == 0:
            is_restricted = self.offer.forms and not self.offer.is_whole
            choosing = apart(self._chosen) if is_restricted else None
            yield Pause(lambda: choosing is not None and choosing.is_over())
            prepare()
            covering_cases = covering(self.offer.space) if choosing is None else self._taken_over(choosing.found())
        share = shares(total, len(covering_cases), len(usual))
        wild = self._drawn_at_large()
        yield from self._drawn(share.usual + share.drawn, wild)
        yield from self._until(len(self.taken) + share.covering, covering_cases)
        yield from self._drawn(total, wild)

    def _usual_layers(self, made: list[Case]) -> Iterator[Case]:
        """As many as may be tried, each made when its turn comes; those `made` are counted."""
        total = self.budget.cases
        at_most = usual_share(total, total) if self.offer.is_whole else _USUAL_TRIED * total
        for case in islice(usual_cases(self.offer.space, self.budget.seed), at_most):
            made.append(case)
            yield case

    def _until(self, total: int, cases: Iterable[Case]) -> Iterator[Planned]:
        """Cases until so many were taken in all; what is declined does not count."""
        for case in cases:
            if len(self.taken) >= total:
                return
            if self._is_new(case) and self._admits(case):
                yield Planned(case)

    def _admits(self, case: Case) -> bool:
        """Whether some pass takes a case; what every pass declines does not count.

        Who is not restricted takes a case with all passes, or with none.
        """
        passes = [pass_ for pass_ in self.asking.passes_of(case) if self.offer.why_untaken(pass_, case) is None]
        if not self.offer.is_whole:
            passes = [pass_ for pass_ in passes if self._spokesmen.is_taken(pass_, case)]
        elif not self.asking.takes(case):
            passes = []
        if not passes:
            self._refused.add(case)
            self.declined.add(case, self.offer.refusal(self.asking, case))
            return False
        self.taken[case] = passes
        self._with_something_to_compute += case.geometry.products > 0
        self._asked_of.update(passes)
        if self._variations is not None:
            self._variations.add(case, passes)
        return True

    def _chosen(self) -> Chosen:
        """As much of a covering of what the candidate takes as is asked; it is put to a process of its own."""
        from ..audits.own_covering import own_covering  # with every fault model: the first cases wait for none

        with closing(self.asking.executor.twin()) as executor:
            asking = Asking(executor, self.asking.passes, self.asking.learned, self.asking.is_filled)
            variations = self._near_taken(asking)
            chosen = islice(own_covering(asking, variations, asking.passes), most_of_covering(self.budget.cases))
            return tuple(chosen), variations, asking.learned

    def _taken_over(self, chosen: Chosen) -> tuple[Case, ...]:
        """The covering; what was learned for it is known here, too."""
        covering_cases, self._variations, self.asking.learned = chosen
        return covering_cases

    def _varied(self) -> Variations:
        """Near variations of what is taken, with what was told before among it."""
        if self._variations is None:
            self._variations = self._near_taken(self.asking)
        return self._variations

    def _near_taken(self, asking: Asking) -> Variations:
        variations = swept(asking, self.offer)
        for case, passes in self.taken.items():
            variations.add(case, passes)
        return variations

    def _drawn(self, total: int, wild: Iterator[Planned]) -> Iterator[Planned]:
        """Cases until so many were taken: drawn at large, or near taken ones where that asks too little."""
        while len(self.taken) < total and not self._is_asking_too_little(total):
            planned = next(wild, None)
            if planned is None:
                break
            if self._admits(planned.case):
                self._in_favour += planned.case.geometry.products > 0
                yield planned
            else:
                self._in_favour -= 1
        if len(self.taken) < total and self.offer.forms:
            yield from self._near(total)

    def _drawn_at_large(self) -> Iterator[Planned]:
        """The cases of one chunk after the other, as far as they bring any that are taken."""
        for number in self._numbers:
            before = len(self.taken)
            chunk = Chunk(self.offer.space, self.budget.seed, number)
            yield from (Planned(case) for case in chunk.cases() if self._is_wanted(case))
            if len(self.taken) == before:
                return

    def _is_wanted(self, case: Case) -> bool:
        """Whether a case drawn at large is new, and not one more with nothing to compute where little else is taken."""
        nothing = len(self.taken) - self._with_something_to_compute
        many = _EMPTY_EVERY * nothing > len(self.taken) and not self.offer.is_whole
        return self._is_new(case) and not (many and case.geometry.products == 0)

    def _is_new(self, case: Case) -> bool:
        return case not in self.taken and case not in self._refused

    def _is_asking_too_little(self, total: int) -> bool:
        """Whether most of what is drawn at large is declined, or a pass is left out that takes less than the others."""
        if self._in_favour < -PATIENCE:
            return True
        counts = [self._asked_of[pass_] for pass_, forms in self.offer.forms.items() if forms]
        half_way = not self.offer.is_whole and 2 * len(self.taken) >= total
        return half_way and any(_LEFT_OUT * less < more for less, more in permutations(counts, 2))

    def _near(self, total: int) -> Iterator[Planned]:
        """Variations of the cases that are taken, each near one of the pass that was asked least."""
        variations = self._varied()
        random = Random(f"{self.budget.seed}/{next(self._numbers)}")
        for _ in range(TRIES * (total - len(self.taken))):
            if len(self.taken) >= total:
                return
            pass_ = min(variations.pool, key=self._asked_of.__getitem__)
            case = variations.draw(pass_, random)
            if case is not None and self._is_new(case) and self._admits(case):
                yield Planned(case)
