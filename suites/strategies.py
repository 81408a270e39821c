"""Hypothesis strategies for users' own tests: convolutions, cases, and the arrays of a case.

::

    from hypothesis import given
    from convoracle.suites.strategies import conv_cases, operands


    @given(operands(conv_cases(ranks=(2,), dtypes=("float32",))))
    def test_linear(drawn):
        case, arrays = drawn
        ...
"""

from __future__ import annotations

from collections.abc import Iterable

from hypothesis import strategies as st

from ..oracle.operands.data import Case, lattice_operands, real_operands
from ..oracle.operands.vocabulary import Setting
from ..oracle.problem.geometry import ConvGeometry
from ..oracle.problem.passes import Operands
from .cases import strategies
from .cases.space import Space

__all__ = ["conv_cases", "conv_geometries", "operands"]


def conv_geometries(
    *, ranks: Iterable[int] = (1, 2, 3), settings: Iterable[str] | None = None, max_products: int = 20_000
) -> st.SearchStrategy[ConvGeometry]:
    """Legal convolutions, steered to where implementations break.

    Examples shrink towards one image, one channel and one window of a kernel of one, in the fewest spatial axes.

    Parameters
    ----------
    ranks : iterable of int
        Numbers of spatial axes, of 1 to 6.
    settings : iterable of str, optional
        What may differ from the plain convolution: some of `convoracle.oracle.operands.vocabulary.Setting`, such as
        ``"stride"``, ``"padding"``, ``"groups"`` and ``"transposed"``; all by default.
    max_products : int
        The most products that a pass sums, so that a case is answered in milliseconds.

    Raises
    ------
    InvalidArgument
        If an argument is not one of those possible.
    """
    return strategies.conv_geometries(space=_space(ranks, ("float32",), settings, max_products))


def conv_cases(
    *,
    ranks: Iterable[int] = (1, 2, 3),
    dtypes: Iterable[str] = ("float32",),
    settings: Iterable[str] | None = None,
    max_products: int = 20_000,
) -> st.SearchStrategy[Case]:
    """A convolution of `conv_geometries` with a dtype, the kind of its real data and a data seed.

    Examples shrink towards the first dtype, no bias, uniform data and contiguous memory.

    Raises
    ------
    InvalidArgument
        If an argument is not one of those possible.
    """
    return strategies.cases(space=_space(ranks, dtypes, settings, max_products))


def operands(cases: st.SearchStrategy[Case], *, integers: bool = False) -> st.SearchStrategy[tuple[Case, Operands]]:
    """Cases, each with its arrays: input, weight, bias, output gradient and the directions of second order.

    Arrays follow from the case, which shrinks. Reals are of the case's kind; `integers` are so small that no partial
    sum of any pass rounds, in any order: there a right result is equal to the exact one.
    """
    fill = lattice_operands if integers else real_operands
    return cases.map(lambda case: (case, fill(case)))


def _space(ranks: Iterable[int], dtypes: Iterable[str], settings: Iterable[str] | None, max_products: int) -> Space:
    chosen = frozenset(map(str, Setting)) if settings is None else frozenset(settings)
    return Space(tuple(ranks), tuple(dtypes), max_products=max_products, settings=chosen)
