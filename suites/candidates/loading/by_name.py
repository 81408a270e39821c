"""What users write, a function or an object with functions called as the passes, as a candidate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Array, Operands, Pass
from .. import CandidateError
from ..calls.binding import BoundFunction, bind_function
from ..protocol import Candidate


class ByName(Candidate):
    """A function for each pass, whose arguments are given by parameter name.

    Parameters
    ----------
    name : str
    functions : Mapping[Pass, BoundFunction]
    """

    def __init__(self, name: str, functions: Mapping[Pass, BoundFunction]) -> None:
        self.name = name
        self.passes = frozenset(functions)
        self.functions = functions

    def evaluate(self, pass_: Pass, operands: Operands, geometry: ConvGeometry) -> Array:
        """Call the function of a pass; whatever it returns or raises comes out unchanged."""
        arguments = {**operands.arrays(), "learning_rate": operands.learning_rate}
        return cast(Array, self.functions[pass_].call(arguments, geometry))


def by_name(written: object, name: str) -> ByName:
    """The candidate that a function, or an object with some of a candidate's functions, is.

    Raises
    ------
    CandidateError
        If it has none of these functions, or one of them requires an argument that cannot be given.
    """
    methods = {pass_: getattr(written, pass_.value, None) for pass_ in Pass}
    functions = {pass_: bind_function(method, pass_) for pass_, method in methods.items() if callable(method)}
    if not functions and callable(written):
        functions = {Pass.FORWARD: bind_function(written, Pass.FORWARD)}
    if not functions:
        raise CandidateError(
            f"{name} is a {type(written).__name__} with none of the functions of a candidate: "
            f"give it at least one of {', '.join(pass_.value for pass_ in Pass)}, or name a function"
        )
    return ByName(name, functions)
