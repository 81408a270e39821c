"""Identity cards of a candidate, asked in processes of its own: passes, dtypes and a table of geometries."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from ...oracle.probing.card import PASSES, Card, probe
from ...oracle.probing.measuring import Growth, grow
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Pass
from ..calling.executor import Executor
from ..calling.questions import asking
from ..checks.declared import arithmetic_of

GEOMETRIES = {
    "small": ConvGeometry.of(size=8, kernel=3, in_channels=4, out_channels=2),
    "tiny": ConvGeometry.of(size=(4, 4), kernel=3, padding=1),
    "usual": ConvGeometry.of(size=(6, 6), kernel=3, padding=1, in_channels=16, out_channels=16),
    "pointwise": ConvGeometry.of(size=(4, 4), kernel=1, in_channels=64, out_channels=64),
    "depthwise": ConvGeometry.of(size=(6, 6), kernel=3, padding=1, in_channels=16, out_channels=16, groups=16),
    "long": ConvGeometry.of(size=(2, 2), kernel=1, in_channels=1024, out_channels=8),
}
"""By a name, those that are asked; each goes another way in libraries that are fast."""


def cards(
    executor: Executor, passes: Collection[Pass], dtypes: Collection[str], geometries: Collection[str]
) -> Iterator[tuple[str, Card]]:
    """The cards of a candidate, each with its geometry's name; of passes that it does not offer there are none.

    Parameters
    ----------
    executor : Executor
    passes : collection of Pass
        Of :data:`PASSES`.
    dtypes : collection of str
    geometries : collection of str
        Names in `GEOMETRIES`.
    """
    for dtype in dtypes:
        for name in geometries:
            for pass_ in PASSES:
                if pass_ in passes and pass_ in executor.passes:
                    ask, arithmetic = asking(executor, dtype), arithmetic_of(executor.info, dtype)
                    yield name, probe(ask, pass_, GEOMETRIES[name], dtype, arithmetic)


def growths(executor: Executor, passes: Collection[Pass], dtypes: Collection[str]) -> Iterator[Growth]:
    """How errors grow with the number of terms, in two dimensions; in one where none of two is answered."""
    for dtype in dtypes:
        arithmetic = arithmetic_of(executor.info, dtype)
        for pass_ in PASSES:
            if pass_ in passes and pass_ in executor.passes:
                ask = asking(executor, dtype)
                plane = grow(ask, pass_, dtype, arithmetic)
                yield plane if plane.rungs else grow(ask, pass_, dtype, arithmetic, rank=1)
