"""How much to run: the named profiles."""

from __future__ import annotations

from dataclasses import dataclass

from .space import Space


@dataclass(frozen=True, slots=True)
class Profile:
    """A named amount of checking.

    Parameters
    ----------
    name : str
    cases : int
        Cases that each candidate is examined on.
    max_products : int
        Upper limit of the products in a pass of a generated case.
    """

    name: str
    cases: int
    max_products: int

    def space(self, *, ranks: tuple[int, ...] | None = None, dtypes: tuple[str, ...] | None = None) -> Space:
        """The cases of this profile, restricted to some ranks and dtypes."""
        everything = Space()
        return Space(
            everything.ranks if ranks is None else ranks,
            everything.dtypes if dtypes is None else dtypes,
            self.max_products,
        )


PROFILES = {
    profile.name: profile
    for profile in (
        Profile("quick", cases=100, max_products=5_000),
        Profile("standard", cases=500, max_products=20_000),
        Profile("deep", cases=5_000, max_products=50_000),
    )
}
