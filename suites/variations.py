"""Near variations: cases like those that a candidate takes, with a few settings changed at a time.

Each setting is swept first, on a few forms that are taken and differ in kind; the
values that are taken there are combined on any form. What then is declined is only
what depends on several settings at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from random import Random
from typing import Any

from ..oracle.data import Case
from ..oracle.fills import FILLS
from ..oracle.passes import Pass
from .asking import Asking
from .forms import SWEPT, Form, case_of, form_of
from .offer import Offer
from .strategies import BEST_RESOLVED_FILL, used_settings

_SWEPT_FORMS = 5
_CHANGES = (1, 1, 2, 2, 3, 4)
"""How many settings are changed at a time, beside size, channels and memory."""
_ATTEMPTS = 50
"""At a case that is legal, small enough and new."""
_FREE = ("size", "inputs", "outputs", "groups", "batch", "bias", "layout")
"""Settings that are drawn anew for most cases."""
_SEEDS = 1000


@dataclass(slots=True)
class Variations:
    """Where near variations are drawn from.

    Parameters
    ----------
    offer : Offer
    values : mapping of str to sequence
        Of each setting in `SWEPT`, the values that were taken on some form.
    pool : dict of Pass to list of Form
        Forms that a pass takes.
    """

    offer: Offer
    values: Mapping[str, Sequence[Any]]
    pool: dict[Pass, list[Form]] = field(default_factory=dict)

    def draw(self, pass_: Pass, random: Random) -> Case | None:
        """A case near one that a pass takes, which the candidate may still decline; None where none was found."""
        space = self.offer.space
        forms = self.pool.get(pass_) or [form for forms in self.pool.values() for form in forms]
        for _ in range(_ATTEMPTS):
            rank = random.choice(sorted({form.rank for form in forms}))
            form = random.choice([form for form in forms if form.rank == rank])
            case = case_of(
                replace(self._varied(form, random), dtype=random.choice(space.dtypes)),
                seed=random.randrange(_SEEDS),
                fill=random.choice((BEST_RESOLVED_FILL, random.choice(tuple(FILLS)))),
            )
            if case is not None and case in space and used_settings(case) <= space.settings:
                return case
        return None

    def add(self, case: Case, passes: Sequence[Pass]) -> None:
        """Keep the form of a case that these passes take."""
        for pass_ in passes:
            self.pool.setdefault(pass_, []).append(form_of(case))

    def _varied(self, form: Form, random: Random) -> Form:
        others = [name for name in self.values if name not in _FREE]
        changed = random.sample(others, min(random.choice(_CHANGES), len(others)))
        changed += [name for name in _FREE if name in self.values and random.random() < 0.6]
        return replace(form, **{name: random.choice(self.values[name]) for name in changed})


def swept(asking: Asking, offer: Offer) -> Variations:
    """Learn which values of each setting are taken on forms of several kinds, one setting changed at a time."""
    pool = {pass_: list(forms) for pass_, forms in offer.forms.items() if forms}
    kinds: dict[object, Form] = {}
    for form in (form for forms in pool.values() for form in forms):
        kinds.setdefault((form.rank, form.transposed, form.groups > 1, form.padding != "valid"), form)
    values: dict[str, list[Any]] = {}
    for name, tried in SWEPT.items():
        for value in tried:
            for form in tuple(kinds.values())[:_SWEPT_FORMS]:
                case = case_of(replace(form, **{name: value}))
                if case is not None and case in offer.space and asking.takes(case):
                    values.setdefault(name, []).append(value)
                    break
    return Variations(offer, values, pool)
