"""Near variations: cases like those that a candidate takes, with a few settings changed at a time.

Each setting is swept first, on a few forms that are taken and differ in kind; the
values that are taken there are combined on any form. What then is declined is only
what depends on several settings at once.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from ...oracle.operands.data import Case
from ...oracle.operands.fills import FILLS
from ...oracle.problem.passes import Pass
from ..cases.space import BEST_RESOLVED_FILL, Space
from .asking import Asking
from .forms import Form, case_of, form_of
from .offer import Offer
from .varying import SWEPT, Values, varied

_SWEPT_FORMS = 5
_ATTEMPTS = 50
"""At a case that is legal, small enough and new."""
_EMPTY = 0.1
"""Of the cases, so many may have nothing to compute."""
_SEEDS = 1000


@dataclass(slots=True)
class Variations:
    """Where near variations are drawn from.

    Parameters
    ----------
    offer : Offer
    values : mapping of Pass to mapping of str to sequence
        Of each setting in `SWEPT`, the values that a pass took on some form.
    pool : dict of Pass to list of Form
        Forms that a pass takes.
    """

    offer: Offer
    values: Mapping[Pass, Values]
    pool: dict[Pass, list[Form]] = field(default_factory=dict)

    def draw(self, pass_: Pass, random: Random) -> Case | None:
        """A case near one that a pass takes, which the candidate may still decline; None where none was found."""
        space = self.offer.space
        forms, values = self.pool[pass_], self.values[pass_]
        may_be_empty = random.random() < _EMPTY
        for _ in range(_ATTEMPTS):
            rank = random.choice(sorted({form.rank for form in forms}))
            form = random.choice([form for form in forms if form.rank == rank])
            case = case_of(
                replace(varied(form, values, random), dtype=random.choice(space.dtypes)),
                seed=random.randrange(_SEEDS),
                fill=random.choice((BEST_RESOLVED_FILL, random.choice(tuple(FILLS)))),
            )
            if case is None or not space.allows(case):
                continue
            if case.geometry.products > 0 or may_be_empty:
                return case
        return None

    def add(self, case: Case, passes: Collection[Pass]) -> None:
        """Keep the form of a case that these passes take."""
        for pass_ in passes:
            if pass_ in self.pool:
                self.pool[pass_].append(form_of(case))


def swept(asking: Asking, offer: Offer) -> Variations:
    """Learn which values of each setting are taken on forms of several kinds, one setting changed at a time.

    Passes that take the same forms are swept as one.
    """
    pool = {pass_: list(forms) for pass_, forms in offer.forms.items() if forms}
    known: dict[tuple[Form, ...], Values] = {}
    for pass_, forms in offer.forms.items():
        if forms and forms not in known:
            known[forms] = _swept(asking, pass_, forms, offer.space)
    return Variations(offer, {pass_: known[offer.forms[pass_]] for pass_ in pool}, pool)


def _swept(asking: Asking, pass_: Pass, forms: Sequence[Form], space: Space) -> Values:
    kinds: dict[object, Form] = {}
    for form in forms:
        kinds.setdefault((form.rank, form.transposed, form.groups > 1, form.padding != "valid"), form)
    plain = tuple(kinds.values())[:_SWEPT_FORMS]
    changed = (*plain, *(small for form in plain for small in _made_small(form)))
    values: dict[str, list[Any]] = {}
    for name, tried in SWEPT.items():
        for value in tried:
            for form in changed:
                case = case_of(replace(form, **{name: value}))
                if case is not None and case in space and asking.is_taken(pass_, case):
                    values.setdefault(name, []).append(value)
                    break
    return values


def _made_small(form: Form) -> Iterator[Form]:
    """The form with as little to compute as it can have, so that a large value of one setting has room."""
    for size in ((1,), form.kernel):
        small = replace(form, size=size, inputs=1, outputs=1, batch=1)
        case = case_of(small)
        if case is not None and case.geometry.products:
            yield small
