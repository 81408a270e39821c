"""Test kits for users' own test suites: `AdapterConformance`, a class of tests of an adapter in one line."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import closing
from functools import cache

import pytest

from ..oracle.numbers.dtypes import DTYPES
from ..oracle.problem.passes import Pass
from .audits.adapter_conformance import ARITHMETIC, FRESH, TO_PASTE, Aspect, aspects
from .calling.isolation import Isolated
from .calling.replies import Limits
from .capabilities.support import all_features

__all__ = ["AdapterConformance"]

_FEATURES = tuple(feature.name for feature in all_features())


def AdapterConformance(candidate: object, *, seconds_per_call: float = 10.0) -> type:
    """A class of tests that show whether an adapter hands everything over to its library::

        from convoracle.suites.testing import AdapterConformance

        TestMyAdapter = AdapterConformance(MyAdapter)

    There is a test for each feature, for the arithmetic in each dtype, for the call to paste of each pass, and for
    a fresh process, as `convoracle adapter` has a line. What the adapter declines is skipped, with its reason.

    Parameters
    ----------
    candidate : str, function, class or object
        Calls to paste are tried of one that is named, such as ``"adapters.py:MyAdapter"``.
    seconds_per_call : float
        The time limit of a call.
    """

    @cache
    def seen() -> Mapping[str, tuple[Aspect, ...]]:
        found: dict[str, tuple[Aspect, ...]] = {}
        with closing(Isolated(candidate, Limits(seconds_per_call=seconds_per_call))) as executor:
            for aspect in aspects(executor):
                found[aspect.what] = (*found.get(aspect.what, ()), aspect)
        return found

    class Kit:
        """Tests of an adapter."""

        @pytest.mark.parametrize("feature", _FEATURES)
        def test_feature(self, feature: str) -> None:
            if feature not in seen():
                pytest.fail("fails in the same way as another feature, of which is told", pytrace=False)
            _require(seen()[feature])

        @pytest.mark.parametrize("dtype", DTYPES)
        def test_arithmetic(self, dtype: str) -> None:
            _require(seen().get(ARITHMETIC.format(dtype=dtype), ()))

        @pytest.mark.parametrize("pass_", [str(each) for each in Pass])
        def test_call_to_paste(self, pass_: str) -> None:
            _require(seen().get(TO_PASTE.format(pass_=pass_), ()))

        def test_fresh_process(self) -> None:
            _require(seen()[FRESH])

    return Kit


def _require(found: tuple[Aspect, ...]) -> None:
    bad = [aspect.detail for aspect in found if not aspect.good]
    if bad:
        pytest.fail("\n".join(bad), pytrace=False)
    if not any(aspect.is_shown for aspect in found):
        pytest.skip("; ".join(aspect.detail for aspect in found) or "not offered")
