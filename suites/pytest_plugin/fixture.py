"""The `conformance` fixture: judges a candidate in a user's own test, and tells what results may be."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import pytest

from ...oracle.certifying.certificate import MISS
from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Outcome
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Pass
from ...reports.records.record import LEAST_COMPARED
from ...reports.views.gate import shortfalls
from ..audits.certified_layers import certified_layers
from ..audits.memory import layer_memory, memory_of_calls
from ..calling.in_process import InProcess
from ..calling.isolation import Isolated
from ..calling.replies import Limits
from ..cases.budget import Budget
from ..cases.corpora.selection import Selection
from ..cases.profiles import PROFILES
from ..cases.space import RANKS
from ..checks.own_numbers import own_standard
from ..checks.value import Standard
from ..search.collected import examine_all

_SECONDS_FOR_A_LAYER = 60.0


@dataclass(frozen=True, slots=True)
class Conformance:
    """Judges candidates in a test.

    Parameters
    ----------
    profile : {"quick", "standard", "deep"}
    seed : int
        The same seed draws the same cases.
    """

    profile: str = "quick"
    seed: int = 0

    def check(
        self,
        candidate: str | Callable[..., object] | object,
        *,
        ranks: Iterable[int] | None = None,
        dtypes: Iterable[str] | None = None,
        passes: Iterable[str] | None = None,
        cases: int | None = None,
        isolated: bool = True,
        min_compared: float = LEAST_COMPARED,
    ) -> None:
        """Fail the test if the candidate is wrong on any generated case, or too little of it was compared.

        Parameters
        ----------
        candidate : function, object or str
            A function of (x, w, ...) is a forward pass; an object has some of
            the passes as methods; a string is ``module:attribute`` or a built-in name.
        ranks : iterable of int, optional
            Numbers of spatial axes, up to 6; 1, 2 and 3 by default.
        dtypes : iterable of str, optional
            Those that the candidate says it takes by default: float32, float64, float16
            and bfloat16 if it says nothing.
        passes : iterable of str, optional
            Names of passes; all that the candidate offers by default.
        cases : int, optional
            How many cases, instead of the profile's number.
        isolated : bool
            Whether the candidate runs in a process of its own; in this one, a
            debugger can step into it.
        min_compared : float
            The share of what is asked, and of each pass, that is to be compared.

        Raises
        ------
        InvalidArgument, CandidateError
            If an argument is not one of those possible, or the candidate cannot be used.
        """
        budget = self.budget(ranks=ranks, dtypes=dtypes, passes=passes, cases=cases)
        with closing(Isolated(candidate, Limits()) if isolated else InProcess(candidate)) as executor:
            findings = examine_all(executor, budget)
        if findings.compared == 0:
            pytest.fail(
                f"{executor.info.name}: not one result was compared: {findings.unsupported_reasons()}", pytrace=False
            )
        if findings.mismatches:
            pytest.fail(findings.text(executor.info), pytrace=False)
        short = shortfalls(findings.shares, min_compared)
        if short:
            pytest.fail("\n".join(short), pytrace=False)

    def certify(
        self,
        candidate: str | Callable[..., object] | object,
        *,
        corpora: Iterable[str],
        batch: int | None = None,
        dtypes: Iterable[str] | None = None,
        passes: Iterable[str] | None = None,
        miss: float = MISS,
    ) -> None:
        """Fail the test unless all results for whole layers are proven right.

        Parameters
        ----------
        candidate : function, object or str
            As of `check`.
        corpora : iterable of str
            Where the layers come from: names such as ``"resnet50"``, or paths of files of descriptors.
        batch : int, optional
            Images, instead of each layer's own number.
        dtypes : iterable of str, optional
            Of real numbers; float32 by default, or as a call was logged.
        passes : iterable of str, optional
            Names of passes; all that the candidate offers by default.
        miss : float
            The probability, at most, of missing a wrong result: see `convoracle.oracle.certifying.combinations`.

        Raises
        ------
        InvalidArgument, CandidateError
            If an argument is not one of those possible, or the candidate cannot be used.
        """
        chosen = frozenset(Pass) if passes is None else frozenset(map(_pass, _several("passes", passes)))
        selection = Selection(_several("corpora", corpora), None if batch is None else _count(batch, "batch"))
        named = None if dtypes is None else _several("dtypes", dtypes)
        layers = selection.cases(dtypes=named, ranks=RANKS, seed=self.seed)
        memory = layer_memory()
        limits = Limits(seconds_per_call=_SECONDS_FOR_A_LAYER, memory_bytes=memory_of_calls(memory))
        with closing(Isolated(candidate, limits)) as executor:
            found = tuple(certified_layers(executor, layers, chosen, miss=miss, memory=memory))
        left = [str(each) for each in found if each.verdict.outcome is not Outcome.CONFORMS]
        if left or not found:
            pytest.fail("\n".join(left) or "no pass of a layer was asked", pytrace=False)

    def budget(
        self,
        *,
        ranks: Iterable[int] | None = None,
        dtypes: Iterable[str] | None = None,
        passes: Iterable[str] | None = None,
        cases: int | None = None,
    ) -> Budget:
        """What is asked, with the arguments of `check`."""
        profile = PROFILES[self.profile]
        space = profile.space(
            ranks=None if ranks is None else _several("ranks", ranks),
            dtypes=None if dtypes is None else _several("dtypes", dtypes),
        )
        chosen = frozenset(Pass) if passes is None else frozenset(map(_pass, _several("passes", passes)))
        amount = profile.cases if cases is None else _count(cases, "cases")
        return Budget(space, chosen, amount, self.seed, own_dtypes=dtypes is None)

    def bound(
        self,
        pass_: str,
        *,
        geometry: ConvGeometry | str | None = None,
        input: Array | None = None,
        weight: Array | None = None,
        bias: Array | None = None,
        output_gradient: Array | None = None,
        input_direction: Array | None = None,
        weight_direction: Array | None = None,
        bias_direction: Array | None = None,
        learning_rate: float = 0.5,
        accumulator: str | None = None,
        multiplier: str | None = None,
        result: str | None = None,
        **settings: object,
    ) -> Standard:
        """What the result of a pass on a test's own numbers may be, for the test's own assertions::

            allowed = conformance.bound("forward", input=x, weight=w, stride=2, padding=1)
            assert not allowed.wrong(my_conv2d(x, w)).any()

        Parameters
        ----------
        pass_ : str
        geometry : ConvGeometry or str, optional
            ``"n1c3k8i32x32f3x3p1x1"``; left out, it follows from input, weight and `settings`.
        input, weight, bias, output_gradient, input_direction, weight_direction, bias_direction : ndarray, optional
            In canonical shapes and of one dtype; what the pass does not read may be left out.
        learning_rate : float
            Of the update.
        accumulator, multiplier, result : str, optional
            What the arithmetic claims to be: ``accumulator="float32"`` of float16 that is summed in float32.
        **settings
            ``stride``, ``padding``, ``dilation``, ``groups``, ``padding_mode``, ``transposed`` and ``output_padding``,
            as of `ConvGeometry.of`.

        Returns
        -------
        Standard
            With ``expected()``, the exact result rounded to float64; ``bound``, the largest error per element;
            ``wrong(actual)``, where a result is off by more; and ``judge(actual)``, the verdict on it.

        Raises
        ------
        InvalidArgument
            If an argument is not one of those possible, or a shape does not fit.
        """
        named = {
            "input": input,
            "weight": weight,
            "bias": bias,
            "output_gradient": output_gradient,
            "input_direction": input_direction,
            "weight_direction": weight_direction,
            "bias_direction": bias_direction,
        }
        return own_standard(
            pass_,
            {name: array for name, array in named.items() if array is not None},
            geometry=geometry,
            settings=settings,
            accumulator=accumulator,
            multiplier=multiplier,
            result=result,
            learning_rate=learning_rate,
        )


def _several(name: str, values: Iterable[Any]) -> tuple[Any, ...]:
    if isinstance(values, str) or not isinstance(values, Iterable):
        raise InvalidArgument(name, values, "should be a list, also for one", where="conformance.check")
    return tuple(values)


def _count(number: int, name: str) -> int:
    if not isinstance(number, int) or number < 1:
        raise InvalidArgument(name, number, "should be an integer of at least 1", where="conformance")
    return number


def _pass(name: str) -> Pass:
    names = [pass_.value for pass_ in Pass]
    if name not in names:
        raise InvalidArgument("passes", name, f"should be some of {', '.join(names)}", where="conformance.check")
    return Pass(name)
