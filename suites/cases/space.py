"""Which cases may be drawn, the plainest of them, and what one may lack: plain data, without Hypothesis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from ...oracle.errors import InvalidArgument
from ...oracle.numbers.dtypes import DTYPES, EVERYDAY
from ...oracle.operands.data import Case
from ...oracle.operands.vocabulary import SETTINGS, Lack, Setting, used_settings
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import most_elements

BEST_RESOLVED_FILL = "uniform"
RANKS = tuple(range(1, 7))
"""Numbers of spatial axes that may be drawn; those above three for who asks for them."""
_MOST_ELEMENTS = 1 << 18


@dataclass(frozen=True, slots=True)
class Space:
    """Which cases may be drawn.

    Parameters
    ----------
    ranks : tuple of int
        Numbers of spatial axes.
    dtypes : tuple of str
        Some of `DTYPES`; counterexamples shrink towards the first.
    max_products : int
        Upper limit of products X_i F_j in a pass, so that a case is answered in milliseconds.
    settings : frozenset of str
        Which of `SETTINGS` may differ from the plainest convolution's.

    Raises
    ------
    InvalidArgument
        If a tuple is empty or has a value that is not one of those possible.
    """

    ranks: tuple[int, ...] = (1, 2, 3)
    dtypes: tuple[str, ...] = EVERYDAY
    max_products: int = 20_000
    settings: frozenset[str] = SETTINGS

    def __post_init__(self) -> None:
        _check_choices("ranks", self.ranks, RANKS)
        _check_choices("dtypes", self.dtypes, DTYPES)
        if not self.settings <= SETTINGS:
            requirement = f"should be some of {', '.join(Setting)}"
            raise InvalidArgument("settings", set(self.settings), requirement, where="Space")
        if self.max_products < 1:
            raise InvalidArgument("max_products", self.max_products, "should be at least 1", where="Space")

    def __contains__(self, case: Case) -> bool:
        """Whether a case has one of the ranks and dtypes, and neither too many products nor too large an array."""
        geometry = case.geometry
        of_these = geometry.rank in self.ranks and case.dtype in self.dtypes
        return of_these and geometry.products <= self.max_products and self.has_room_for(geometry)

    def has_room_for(self, geometry: ConvGeometry) -> bool:
        """Whether no array is far larger than what is computed, as a weight may be that fits into no input."""
        return most_elements(geometry) <= max(_MOST_ELEMENTS, self.max_products)

    def allows(self, case: Case) -> bool:
        """Whether a case could have been drawn: it is in the space, and uses no setting that this lacks."""
        return case in self and used_settings(case) <= self.settings


def plainest(space: Space) -> Case:
    """One product: a fault that shows in every case is met in it, and needs no shrinking."""
    geometry = ConvGeometry.of(size=(1,) * min(space.ranks), kernel=1)
    return Case(geometry, False, space.dtypes[0], BEST_RESOLVED_FILL, 0)


def without(geometry: ConvGeometry, lack: Lack) -> ConvGeometry:
    """The convolution without what a case may lack."""
    match lack:
        case Lack.IMAGES:
            return replace(geometry, batch=0)
        case Lack.INPUT_CHANNELS:
            return replace(geometry, in_channels=0)
        case Lack.OUTPUT_CHANNELS:
            return replace(geometry, out_channels=0)
        case Lack.INPUT:
            return replace(geometry, size=(0, *geometry.size[1:]))
        case Lack.WINDOWS:
            sides = ((0, 0), *geometry.padding[1:])
            return replace(geometry, size=(1, *geometry.size[1:]), kernel=(3, *geometry.kernel[1:]), padding=sides)


def _check_choices(name: str, chosen: Sequence[object], possible: tuple[object, ...]) -> None:
    if not chosen or any(choice not in possible for choice in chosen):
        raise InvalidArgument(name, chosen, f"should be some of {', '.join(map(str, possible))}", where="Space")
