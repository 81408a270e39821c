"""A covering of a candidate's own domain: cases that it takes and that see what the shipped ones cannot see there."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from functools import cache
from itertools import combinations, islice
from random import Random

from ...oracle.faults import CONTAMINATED, FAULT_MODELS, LATTICE, FaultModel
from ...oracle.faults.planting import altered
from ...oracle.faults.tiles import BLOCKS
from ...oracle.operands.data import Case
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Pass
from ..capabilities.asking import Asking, Spokesmen
from ..capabilities.forms import Form, case_of
from ..capabilities.variations import Variations
from ..cases.covering import covering
from ..cases.features import features
from ..cases.space import BEST_RESOLVED_FILL
from .shipped_sightings import is_seen_by_one_case, seen, shipped_sightings
from .sighting import Pair, Sighting, keeps_shapes

_DRAWN, _OF_ALIKE = 300, 2
"""Variations that are drawn near each pass, and near so many of those that take the same forms; beside the forms and
the shipped cases."""
_LOOKED_AT = 40
"""Of the cases in which it can show, those with most traits first, so many are looked at for each fault and pass."""
_MOST_AXES = 3
_MOST_PRODUCTS, _MOST_TAPS = 5000, 1000
"""Of a case and of a kernel: a framework may take seconds where a kernel has many taps, though most lie in padding."""
_SEED = "covering"
_CONTAMINATING_SEEDS, _PLAIN_SEED = (2, 4, 6, 8), 1
"""Where NaN and Inf are planted follows from the seed and the shapes; of odd seeds they are not asked."""


def own_covering(asking: Asking, variations: Variations, passes: Collection[Pass]) -> Iterator[Case]:
    """Cases that a candidate takes, which together see every fault that one of the cases looked at sees in a pass.

    The shipped ones come first, as far as it takes them. Each fault is seen where the
    wrong result has the right shape, if there is such a case. Faults of conduct
    that take several calls are left to the check of conduct in company. Above three axes there is none, as
    there is no shipped one: what is drawn there has room for two elements an axis, and looking at it takes long.

    Each is chosen when it is asked for: the first few take the least time.
    """
    if min(variations.offer.space.ranks) > _MOST_AXES:
        return
    spokesmen = asking.spokesmen()
    pool = cache(lambda: tuple(_pool(spokesmen, variations)))
    chosen = dict[Case, None]()
    for case in filter(spokesmen.takes, covering(variations.offer.space)):
        chosen[case] = None
        yield case
    for pass_ in passes:
        for model in filter(is_seen_by_one_case, FAULT_MODELS):
            if pass_ in model.passes:
                better = _better((model, pass_), chosen, pool, variations.offer.space.dtypes)
                if better is not None:
                    chosen[better] = None
                    yield better


def _better(
    pair: Pair, chosen: Collection[Case], pool: Callable[[], Sequence[Case]], dtypes: Collection[str]
) -> Case | None:
    """The first case that sees a fault in its shape, or else at all; None where one of the chosen does it as well."""
    model, pass_ = pair
    possible = shipped_sightings(pair).best
    if possible is Sighting.NOT_AT_ALL or not any(dtype in model.needs.dtypes for dtype in dtypes):
        return None
    best, better = _best(pair, chosen, possible), None
    if best is possible:
        return None
    showing = islice((case for case in pool() if model.shows(pass_, case.geometry)), _LOOKED_AT)
    for case in (suited for each in showing for suited in _suited(model, each, dtypes)):
        if best is Sighting.FITTED and not keeps_shapes(*pair, case.geometry):
            continue
        if seen(pair, case) > best:
            best, better = seen(pair, case), case
        if best is possible:
            break
    return better


def _best(pair: Pair, chosen: Collection[Case], possible: Sighting) -> Sighting:
    """How the best of the chosen cases sees a fault; the shipped ones are looked at first, of which that is known."""
    shipped, best = shipped_sightings(pair).of_case, Sighting.NOT_AT_ALL
    for case in sorted(chosen, key=lambda case: case not in shipped):
        best = max(best, seen(pair, case))
        if best is possible:
            break
    return best


def _suited(model: FaultModel, case: Case, dtypes: Collection[str]) -> Iterator[Case]:
    """A case with the data, and in the dtype, that a fault needs; none where there is no such dtype."""
    if case.dtype not in model.needs.dtypes:
        dtype = next((dtype for dtype in dtypes if dtype in model.needs.dtypes), None)
        if dtype is None:
            return
        case = replace(case, dtype=dtype)
    if CONTAMINATED in model.needs.data:
        yield from (replace(case, seed=seed) for seed in _CONTAMINATING_SEEDS)
        return
    if LATTICE not in model.needs.data and case.fill not in model.needs.data:
        case = replace(case, fill=next(iter(model.needs.data)))
    yield case


def _pool(spokesmen: Spokesmen, variations: Variations) -> Iterator[Case]:
    """What is looked at: shipped cases, forms and variations that are taken, where they bring a new pair of traits.

    Faults that need two settings at once are met by some case that has both; few need three.
    """
    met: set[tuple[str, str]] = set()
    for case, traits in _considered(variations):
        pairs = set(combinations(sorted(traits), 2))
        if not pairs <= met and spokesmen.takes(case):
            met |= pairs
            yield case


def _considered(variations: Variations) -> Iterator[tuple[Case, frozenset[str]]]:
    """Cases and their traits: the shipped ones, variations, those with most traits first, and the forms."""
    space = replace(variations.offer.space, max_products=min(variations.offer.space.max_products, _MOST_PRODUCTS))

    def is_quick(case: Case) -> bool:
        return case in space and math.prod(case.geometry.kernel) <= _MOST_TAPS

    yield from ((case, _traits(case)) for case in covering(space))
    random = Random(_SEED)
    alike: dict[tuple[Form, ...], list[Pass]] = {}
    for pass_, forms in variations.pool.items():
        alike.setdefault(tuple(forms), []).append(pass_)
    near = [pass_ for passes in alike.values() for pass_ in passes[:_OF_ALIKE]]
    drawn = [variations.draw(pass_, random) for _ in range(_DRAWN) for pass_ in near]
    plain = (replace(case, seed=_PLAIN_SEED, fill=BEST_RESOLVED_FILL) for case in drawn if case is not None)
    traits = {case: _traits(case) for case in filter(is_quick, plain)}
    yield from sorted(traits.items(), key=lambda each: -len(each[1]))
    for form in dict.fromkeys(form for forms in variations.offer.forms.values() for form in forms):
        case = case_of(form)
        if case is not None and is_quick(case):
            yield case, _traits(case)


def _traits(case: Case) -> frozenset[str]:
    """What a fault may depend on: the features of a case, and how its sizes lie to those of vectors and blocks."""
    geometry = case.geometry
    channels = {"inputs": geometry.in_channels, "outputs": geometry.out_channels}
    sizes = {name: number // geometry.groups for name, number in channels.items()}
    sizes |= {"groups": geometry.groups, "row": geometry.direct.output_size[-1]}
    past = {f"{name} past {block}" for name, size in sizes.items() for block in BLOCKS if size > block}
    whole = {
        f"{name} is {'not ' if size % block else ''}whole {block}s" for name, size in sizes.items() for block in BLOCKS
    }
    alike = {"axes alike"} if len(set(geometry.size)) == len(set(geometry.kernel)) == 1 else set()
    return frozenset(features(case) | past | whole | alike | set(_coincidences(geometry)))


def _coincidences(geometry: ConvGeometry) -> Iterator[str]:
    """Misreadings of a setting that leave the output's size as it is, where wrong code has no wrong shape to show."""
    plain = (1,) * geometry.rank
    misread: dict[str, dict[str, tuple[object, ...]]] = {
        "padding": {"padding": tuple((high, low) for low, high in geometry.padding)},
        "stride ignored": {"stride": plain},
        "dilation ignored": {"dilation": plain},
        "dilation one more": {"dilation": tuple(each + 1 for each in geometry.dilation)},
        "stride and dilation exchanged": {"stride": geometry.dilation, "dilation": geometry.stride},
    }
    for name in ("stride", "dilation", "padding", "kernel"):
        values = getattr(geometry, name)
        misread[f"{name} reversed"] = {name: values[::-1]}
        misread[f"{name} of the first axis"] = {name: values[:1] * geometry.rank}
    for name, changes in misread.items():
        other = altered(geometry, **changes)
        if other is not None and other != geometry and other.output_size == geometry.output_size:
            yield f"{name} with the same output"
