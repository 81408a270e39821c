"""A fault's diagnosis, in names and sentences: what its shrunk case and more of the same show that it is as if."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from ..oracle import impulses
from ..oracle.dtypes import COMPONENTS
from ..oracle.faults import FAULTS
from ..oracle.passes import Array, Operands, Pass
from ..oracle.telling import tell
from .checks.value import Check, operands_of
from .executor import Executor
from .fault import Fault
from .interrogation import Finding, interrogate
from .neighbours import UNREPEATABLE
from .replies import Returned

MOST_IMPULSES = 300
MOST_PRODUCTS = 10_000_000
"""Of a case that is compared with the known faults, each of which is computed on it."""


@dataclass(frozen=True, slots=True)
class Told:
    """What can be said of a fault.

    Parameters
    ----------
    names : tuple of str
        Stable, of what was found: of fault models, of an arithmetic, of a dependence on the
        data, of a convention to declare; equal for mismatches that have this in common. Empty where nothing is known.
    kind : str
        What these are names of: ``model``, ``arithmetic``, ``data``, ``shape``, ``calls`` or ``convention``; empty
        without names.
    sentences : tuple of str
        For people.
    """

    names: tuple[str, ...] = ()
    kind: str = ""
    sentences: tuple[str, ...] = ()


NOTHING_TOLD = Told()


def explain(fault: Fault, executor: Executor) -> Told:
    """What the fault is as if, how certain that is, and the wrong terms of its shrunk case.

    Nothing of faults that are not of wrong values on the integer lattice.
    """
    if fault.check != str(Check.STRUCTURE) or fault.verdict.cause not in ("value", "shape"):
        return NOTHING_TOLD
    if fault.shrunk.geometry.products > MOST_PRODUCTS:
        sentence = (
            f"Not compared with the known faults: its {fault.shrunk.geometry.products:,} products "
            f"are more than {MOST_PRODUCTS:,}."
        )
        return Told(sentences=(sentence,))
    return _of_structure(interrogate(fault, executor), fault, executor)


def _of_structure(finding: Finding, fault: Fault, executor: Executor) -> Told:
    """The names are those of what is sure; wrong terms are read off where the result is a sum of products."""
    diagnosis, objections = finding.diagnosis, finding.objections
    sentences = diagnosis.sentences()
    if finding.is_of_data or (objections and not diagnosis.explanations):
        names = diagnosis.first or tuple(dict.fromkeys(_objected(name) for name, _ in objections))
        kind = "calls" if UNREPEATABLE in names else "data"
        return Told(names, kind, (*sentences, *dict.fromkeys(told for _, told in objections)))
    terms = terms_told(fault, executor)
    if not diagnosis.is_sure:
        return Told(sentences=(*sentences, *terms))
    known = {model.name for model in FAULTS}
    kind = "model" if known.issuperset(diagnosis.first) or fault.verdict.cause != "shape" else "shape"
    return Told(diagnosis.first, kind, (*sentences, *terms))


def _objected(name: str) -> str:
    return name if name == UNREPEATABLE else f"depends-on-data-{name}"


def terms_told(fault: Fault, executor: Executor) -> tuple[str, ...]:
    """The wrong terms of the shrunk case, read off by impulses; empty where that takes too many calls."""
    case, pass_ = fault.shrunk, Pass(fault.subject)
    read_as = Pass.WEIGHT_GRADIENT if pass_ is Pass.UPDATE else pass_
    if case.dtype in COMPONENTS or fault.verdict.cause != "value":
        return ()
    if impulses.calls_needed(read_as, case.geometry, bias=case.bias) > MOST_IMPULSES:
        return ()

    def call(operands: Operands) -> Array | None:
        if pass_ is Pass.UPDATE:
            operands = replace(operands, weight=np.zeros_like(operands.weight))
        reply = executor.call(pass_, operands, case.geometry, layout=case.layout)
        if not isinstance(reply, Returned):
            return None
        return -reply.value / operands.learning_rate if pass_ is Pass.UPDATE else reply.value

    reading = impulses.read(call, read_as, operands_of(Check.STRUCTURE, case).of(pass_), case.geometry)
    return tell(reading, read_as, case.geometry, bias=case.bias)
