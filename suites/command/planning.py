"""From options to the budget of a run: generated cases of a profile, or the convolutions of corpora."""

from __future__ import annotations

import argparse
from dataclasses import replace

from ...oracle.errors import InvalidArgument
from ...oracle.problem.passes import Pass
from ..calling.replies import Limits
from ..cases.budget import Budget
from ..cases.corpora import AT_FULL_SIZE
from ..cases.corpora.selection import Selection
from ..cases.profiles import PROFILES
from ..cases.space import Space

_GIB = 2**30


def limits_of(options: argparse.Namespace) -> Limits:
    """Of each call to a candidate."""
    return Limits(seconds_per_call=options.time_limit, memory_bytes=int(options.memory_limit * _GIB))


def budget_of(options: argparse.Namespace) -> Budget:
    """How much of each candidate is examined, and where."""
    profile = PROFILES[options.profile]
    ranks = tuple(dict.fromkeys(options.ranks)) if options.ranks else None
    dtypes = tuple(dict.fromkeys(options.dtypes)) if options.dtypes else None
    passes = frozenset(map(Pass, options.passes)) if options.passes else frozenset(Pass)
    selection = selection_of(options)
    if selection is None:
        space = profile.space(ranks=ranks, dtypes=dtypes)
        budget = Budget(space, passes, options.cases or profile.cases, options.seed, own_dtypes=dtypes is None)
    else:
        budget = _of_corpora(selection, ranks, dtypes, passes, options.seed)
    if options.checks:
        budget = replace(budget, checks=frozenset(options.checks))
    return budget


def selection_of(options: argparse.Namespace) -> Selection | None:
    """The corpora to examine; None for generated cases."""
    if options.corpora:
        if options.cases is not None:
            requirement = "should be left out with --corpus, whose entries are the cases"
            raise InvalidArgument("cases", options.cases, requirement, where="check")
        for corpus in AT_FULL_SIZE if options.max_products is None else ():
            if corpus in options.corpora:
                requirement = f"should be asked by `convoracle certify`, or with --max-products: {AT_FULL_SIZE[corpus]}"
                raise InvalidArgument("corpus", corpus, requirement, where="check")
        return Selection(tuple(dict.fromkeys(options.corpora)), options.batch, options.max_products)
    for name in ("batch", "max_products"):
        if getattr(options, name) is not None:
            raise InvalidArgument(name, getattr(options, name), "should be given with --corpus only", where="check")
    return None


def _of_corpora(
    selection: Selection,
    ranks: tuple[int, ...] | None,
    dtypes: tuple[str, ...] | None,
    passes: frozenset[Pass],
    seed: int,
) -> Budget:
    """The budget of a run on corpora."""
    corpus_cases = selection.cases(dtypes=dtypes, ranks=ranks or Space().ranks, seed=seed)
    met = tuple(dict.fromkeys(each.case.geometry.rank for each in corpus_cases))
    met_dtypes = tuple(dict.fromkeys(each.case.dtype for each in corpus_cases))
    space = Space(met, met_dtypes, settings=frozenset({"bias"}))
    return Budget(space, passes, len(corpus_cases), seed, corpus_cases=corpus_cases)
