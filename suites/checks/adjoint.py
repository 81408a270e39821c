"""The adjoint identity: a witness of the gradients that needs no expected values.

Each gradient is the adjoint of the forward pass in one argument, so that for
any operands

    <dL/dO, O> - <dL/db, b>  =  <dL/dX, X>  =  <dL/dF, F>,

where O includes the bias. Of complex numbers, it is the real part of each inner
product that says by how much L grows. On the integer lattice every inner product is an
exact integer and the three numbers are equal, whatever the candidate's
arithmetic. A candidate that computes the wrong convolution consistently, such
as one that ignores dilation everywhere, still satisfies it.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from fractions import Fraction

import numpy as np

from ...oracle.judging.verdict import Outcome, Verdict, vacuous
from ...oracle.numbers.scaled import dot, scaled
from ...oracle.operands.data import Numbers
from ...oracle.problem.passes import LINKED, Array, Operands, Pass, real_parts
from ...reports.records.record import CheckResult
from .examination import Examination
from .kind import CheckKind, OfCase, Shrinking
from .value import rounds_integers

ADJOINT = "adjoint"
_SYMBOLS = {
    Pass.FORWARD: "<dL/dO, O - b>",
    Pass.INPUT_GRADIENT: "<dL/dX, X>",
    Pass.WEIGHT_GRADIENT: "<dL/dF, F>",
}


def check_adjoint(results: Mapping[Pass, Array], operands: Operands) -> Verdict | None:
    """Whether a candidate's own passes are adjoint to each other, exactly.

    Parameters
    ----------
    results : mapping of Pass to ndarray
        What the candidate returned on `operands`; passes may be missing.
    operands : Operands
        Of the integer lattice.

    Returns
    -------
    Verdict or None
        None where fewer than two of the three inner products can be formed; undecided where none has a
        product that is not zero.
    """
    products = {pass_: _form(pass_, results, operands) for pass_ in _SYMBOLS if pass_ in results}
    numbers = {pass_: value for pass_, value in products.items() if value is not None}
    if len(numbers) < 2:
        return None
    if not any(_has_products(results[pass_], operands, pass_) for pass_ in numbers):
        return vacuous("no inner product has a product that is not zero", elements=len(numbers))
    if len(set(numbers.values())) == 1:
        return Verdict(Outcome.CONFORMS, elements=len(numbers))
    values = ", ".join(f"{_SYMBOLS[pass_]} = {_tell(value)}" for pass_, value in numbers.items())
    return Verdict(Outcome.VIOLATES, f"the inner products differ: {values}", "value", elements=len(numbers))


def _form(pass_: Pass, results: Mapping[Pass, Array], operands: Operands) -> Fraction | float | None:
    """The inner product of one pass, NaN for a result with NaN or Inf; None where the bias's part is missing."""
    result, partner = results[pass_], _partner(pass_, operands)
    if result.shape != partner.shape:
        return None
    if pass_ is not Pass.FORWARD or operands.bias is None:
        return _inner_product(result, partner)
    bias_gradient = results.get(Pass.BIAS_GRADIENT)
    if bias_gradient is None or bias_gradient.shape != operands.bias.shape:
        return None
    return _inner_product(result, partner) - _inner_product(bias_gradient, operands.bias)


def _partner(pass_: Pass, operands: Operands) -> Array:
    return {
        Pass.FORWARD: operands.output_gradient,
        Pass.INPUT_GRADIENT: operands.input,
        Pass.WEIGHT_GRADIENT: operands.weight,
    }[pass_]


def _has_products(result: Array, operands: Operands, pass_: Pass) -> bool:
    """Whether an inner product has any product other than zero; NaN and Inf count."""
    return bool(((result != 0) & (_partner(pass_, operands) != 0)).any())


def _inner_product(left: Array, right: Array) -> Fraction | float:
    """The exact sum of products; NaN where `left` has NaN or Inf."""
    if not np.isfinite(real_parts(left)).all():
        return float("nan")
    a, b = (scaled(real_parts(array) if array.dtype.kind == "c" else array) for array in (left, right))
    return int(dot(a.integers.ravel(), b.integers.ravel())) * Fraction(2) ** (a.exponent + b.exponent)


def _tell(value: Fraction | float) -> str:
    return str(value) if isinstance(value, Fraction) and value.denominator == 1 else f"{float(value):g}"


def _ask(examination: Examination, check: str, subject: str) -> CheckResult | None:
    """The identity on the results of the structure questions; None where too few passes returned, or they round."""
    if rounds_integers(examination.arithmetic):
        return None
    asked = [pass_ for pass_ in LINKED if pass_ in examination.passes]
    returned = {pass_: value for pass_ in asked if (value := examination.returned(pass_)) is not None}
    verdict = check_adjoint(returned, examination.operands(Numbers.INTEGERS))
    return None if verdict is None else CheckResult(ADJOINT, ADJOINT, verdict)


def _subjects(passes: Collection[Pass]) -> tuple[str, ...]:
    """One, if a gradient can be held to the forward pass."""
    gradients = {Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT} & set(passes)
    return (ADJOINT,) if Pass.FORWARD in passes and gradients else ()


KIND = CheckKind(
    name=ADJOINT,
    title="the adjoint identity",
    meaning="Do the passes fit each other? Without a bias, ⟨∂L/∂O, O⟩, ⟨∂L/∂X, X⟩ and ⟨∂L/∂F, F⟩ are one number.",
    schedule=OfCase(lambda examination: ((ADJOINT, ADJOINT),)),
    ask=_ask,
    subjects=_subjects,
    violation="The candidate's own passes contradict each other: one of them is not the gradient of the "
    "convolution that the forward pass computes.",
    numbers=Numbers.INTEGERS,
    takes_several_calls=True,
    links_passes=True,
    shrinking=Shrinking(on_sound=False),
)
