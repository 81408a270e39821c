"""Binding: which argument each parameter of a candidate's functions receives.

Known names are those of `OPERAND_NAMES`, ``geometry`` and `SETTING_NAMES`. Stride,
padding, dilation and output padding are tuples of one int for each spatial axis, or
one int for all of them (see `one_number`), padding may be a word (see `padding_words`),
``padding_mode`` is a word and ``transposed`` true or false. `ALIASES` are as good
as the names they stand for: ``x`` is ``input`` and ``w`` is ``weight``, wherever they
come. Leading required parameters with other names are the pass's operands in the
order of `OPERAND_ORDER`. The bias and its direction go by name only.
A direction whose parameter defaults to None is now and then left out, which means zero.

A function is asked for what its parameters can express. Names say the rest, its own
first, then those of its class and of the classes that this is derived from: 2d in one
is two spatial axes only, and of what takes no ``transposed``, "transpose" or "deconv"
in one is transposed convolutions only, and none is no transposed ones unless it takes ``geometry``.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import ARRAYS, Pass, offset
from .. import CandidateError
from .naming import is_transposed_by_name, name_of, rank_by_name, telling_rank, telling_transposed
from .one_number import PER_AXIS, Takes, are_alike, as_numbers, is_refusal, taken_by
from .padding_words import word_for, words_of
from .settings import PLAIN_SETTING_NAMES, SETTING_NAMES, setting_values, settings_needed

OPERAND_ORDER: dict[Pass, tuple[str, ...]] = {
    Pass.FORWARD: ("input", "weight"),
    Pass.INPUT_GRADIENT: ("output_gradient", "weight"),
    Pass.WEIGHT_GRADIENT: ("input", "output_gradient"),
    Pass.BIAS_GRADIENT: ("output_gradient",),
    Pass.UPDATE: ("input", "weight", "output_gradient", "learning_rate"),
    Pass.JVP: ("input", "weight", "input_direction", "weight_direction"),
    Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: ("input", "weight", "input_direction", "weight_direction"),
    Pass.DOUBLE_BACKWARD_INPUT: ("output_gradient", "weight_direction"),
    Pass.DOUBLE_BACKWARD_WEIGHT: ("input_direction", "output_gradient"),
}
"""What leading parameters with unknown names receive, in order."""

ESSENTIAL: dict[Pass, tuple[str, ...]] = {
    Pass.INPUT_GRADIENT: ("output_gradient",),
    Pass.WEIGHT_GRADIENT: ("output_gradient",),
    Pass.BIAS_GRADIENT: ("output_gradient",),
    Pass.UPDATE: ("output_gradient",),
    Pass.JVP: ("input_direction", "weight_direction"),
    Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT: ("input_direction", "weight_direction"),
    Pass.DOUBLE_BACKWARD_INPUT: ("output_gradient", "weight_direction"),
    Pass.DOUBLE_BACKWARD_WEIGHT: ("output_gradient", "input_direction"),
}
"""Operands without which a function cannot compute the pass, whatever else it takes."""

OPERAND_NAMES = (*ARRAYS, "learning_rate")
_OPERANDS = {"x": "input", "w": "weight", "b": "bias", "dy": "output_gradient", "grad_output": "output_gradient"}
ALIASES = _OPERANDS | {"strides": "stride", "pad": "padding", "dilations": "dilation"}
KNOWN_NAMES = (*OPERAND_NAMES, "geometry", *SETTING_NAMES)
_VARIADIC = (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
_POSITIONAL = (inspect.Parameter.POSITIONAL_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD)


@dataclass(frozen=True, slots=True)
class BoundFunction:
    """One function of a candidate and the arguments that it takes.

    Parameters
    ----------
    function : callable
    positional : tuple of str
        Known names of the arguments given by position.
    keywords : tuple of (str, str)
        (parameter, known name) of the arguments given by keyword.
    rank : int or None
        The only number of spatial axes it supports, when a name says one.
    optional : frozenset of str
        Known names of the arguments that may be None, since that is their default.
    per_axis : mapping of str to Takes
        What it takes of the settings that have a number for each axis.
    words : mapping of str to str
        The words that it takes for the padding, by their names; empty if it takes none.
    """

    function: Callable[..., object]
    positional: tuple[str, ...]
    keywords: tuple[tuple[str, str], ...]
    rank: int | None
    optional: frozenset[str] = frozenset()
    per_axis: Mapping[str, Takes] = field(default_factory=dict)
    words: Mapping[str, str] = field(default_factory=dict)

    def takes(self, name: str) -> bool:
        """Whether it receives the argument of this known name."""
        return name in self.positional or any(name == known for _, known in self.keywords)

    def limitation(self, pass_: Pass, geometry: ConvGeometry, *, bias: bool) -> str | None:
        """Why its parameters cannot express a case, or None."""
        if self.rank is not None and geometry.rank != self.rank:
            return f"{telling_rank(self.function)} is for {self.rank} spatial axes, not {geometry.rank}"
        added = offset(pass_)
        if bias and added is not None and not self.takes(added):
            return f"{name_of(self.function)} takes no `{added}`"
        if pass_ is Pass.BIAS_GRADIENT:
            return None
        if self._transposes and not geometry.transposed:
            return f"{telling_transposed(self.function)} is for transposed convolutions only, going by its name"
        for name in self._uneven(geometry, Takes.NUMBER):
            return f"{name_of(self.function)} takes one number for `{name}`, not one for each axis"
        if self.words and word_for(geometry) is None:
            return f"{name_of(self.function)} takes words for `padding`, and none means this one to everybody"
        if self.takes("geometry"):
            return None
        for name in settings_needed(geometry):
            if not self.takes(name) and not (name == "transposed" and self._transposes):
                return f"{name_of(self.function)} takes no `{name}`"
        if any(low != high for low, high in geometry.padding):
            return (
                f"{name_of(self.function)} takes `padding`, which is symmetric; take `geometry` for low and high sides"
            )
        return None

    @property
    def _transposes(self) -> bool:
        """Whether it computes transposed convolutions and no others."""
        return not self.takes("transposed") and is_transposed_by_name(self.function)

    def _uneven(self, geometry: ConvGeometry, takes: Takes) -> Iterator[str]:
        """Of the settings whose parameters take that, those that are not alike on all axes."""
        settings = setting_values(geometry)
        return (name for name, taken in self.per_axis.items() if taken is takes and not are_alike(settings[name]))

    def settings(self, geometry: ConvGeometry) -> dict[str, object]:
        """The settings, as its parameters take them."""
        return as_numbers(setting_values(geometry), self.per_axis) | self._worded(geometry)

    def _worded(self, geometry: ConvGeometry) -> dict[str, object]:
        """The padding as a word, if it takes words; a legal call has one."""
        return {"padding": self.words.get(word_for(geometry) or "valid")} if self.words else {}

    def call(self, operands: Mapping[str, object], geometry: ConvGeometry) -> object:
        """Call it with operands by name; an operand that is absent is None.

        Code that reads a tuple although a number is its default, without an annotation that says so, is given one where
        it raises TypeError at a number.

        Raises
        ------
        NotImplementedError
            If it raises at a tuple what code for one number raises, and gives a number as default.
        """
        settings = self.settings(geometry)
        try:
            return self._called(operands, geometry, settings)
        except (TypeError, ValueError) as error:
            said = {name: takes for name, takes in self.per_axis.items() if takes is not Takes.UNSURE}
            tuples = as_numbers(setting_values(geometry), said) | self._worded(geometry)
            if isinstance(error, TypeError) and settings != tuples:
                with suppress(TypeError, ValueError, LookupError):
                    return self._called(operands, geometry, tuples)
            for name in self._uneven(geometry, Takes.UNSURE):
                if is_refusal(error):
                    raise NotImplementedError(_one_number(self.function, name, settings[name], error)) from error
            raise

    def _called(self, operands: Mapping[str, object], geometry: ConvGeometry, settings: Mapping[str, object]) -> object:
        def argument(name: str) -> object:
            if name == "geometry":
                return geometry
            return settings[name] if name in settings else operands.get(name)

        return self.function(
            *(argument(name) for name in self.positional),
            **{parameter: argument(name) for parameter, name in self.keywords},
        )


def _one_number(function: object, name: str, value: object, error: Exception) -> str:
    return (
        f"{name_of(function)} takes one number for `{name}`, as its default is, "
        f"going by what it raised at {value}: {type(error).__name__}"
    )


def bind_function(function: Callable[..., object], pass_: Pass) -> BoundFunction:
    """Decide what each parameter of `function` receives.

    Raises
    ------
    CandidateError
        If its signature cannot be read, a required parameter has an unknown
        name or means the same as another, no parameter is an operand of the pass,
        or a backward pass takes no output gradient.
    """
    parameters = _parameters(function)
    names = _assign(function, pass_, parameters)
    only_by_position = {
        parameter.name for parameter in parameters if parameter.kind is inspect.Parameter.POSITIONAL_ONLY
    }
    keywords = [(parameter, known) for parameter, known in names.items() if parameter not in only_by_position]
    if any(parameter.kind is inspect.Parameter.VAR_KEYWORD for parameter in parameters) and "geometry" not in names:
        added = offset(pass_)
        offered = PLAIN_SETTING_NAMES if added is None else (added, *PLAIN_SETTING_NAMES)
        keywords += [(name, name) for name in offered if name not in names.values()]
    positional = tuple(known for parameter, known in names.items() if parameter in only_by_position)
    optional = frozenset(names[each.name] for each in parameters if each.name in names and each.default is None)
    given = {names[each.name]: taken_by(each) for each in parameters if names.get(each.name) in PER_AXIS}
    words = next((words_of(each.default) for each in parameters if names.get(each.name) == "padding"), {})
    return BoundFunction(function, positional, tuple(keywords), rank_by_name(function), optional, given, words)


def _parameters(function: Callable[..., object]) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(function).parameters.values())
    except (ValueError, TypeError):
        raise CandidateError(
            f"{name_of(function)} does not tell its parameters: wrap it in a Python function "
            f"whose parameters are among {', '.join(KNOWN_NAMES)}"
        ) from None


def _assign(function: Callable[..., object], pass_: Pass, parameters: Iterable[inspect.Parameter]) -> dict[str, str]:
    """Parameter name -> known name, for the parameters that receive something."""
    parameters = [each for each in parameters if each.kind not in _VARIADIC]
    known = _known(parameter.name for parameter in parameters)
    unnamed = [name for name in OPERAND_ORDER[pass_] if name not in known.values()]
    leading = True
    assigned: dict[str, str] = {}
    for parameter in parameters:
        name, required = parameter.name, parameter.default is inspect.Parameter.empty
        if name in known:
            assigned[name] = known[name]
            leading = leading and known[name] in OPERAND_NAMES
        elif required and name in ALIASES:
            twin = next(other for other, meaning in known.items() if meaning == ALIASES[name])
            raise CandidateError(
                f"{name_of(function)} requires both `{twin}` and `{name}`, which mean the same: rename one"
            )
        elif required and leading and unnamed and parameter.kind in _POSITIONAL and name != "self":
            assigned[name] = unnamed.pop(0)
        elif required:
            raise CandidateError(
                f"{name_of(function)} requires `{name}`, which is none of the arguments that "
                f"can be given: {', '.join(KNOWN_NAMES)}; rename it, or give it a default"
            )
    if not set(assigned.values()) & set(OPERAND_ORDER[pass_]):
        raise CandidateError(
            f"{name_of(function)} takes no operand of the {pass_} pass: "
            f"name its parameters {', '.join(OPERAND_ORDER[pass_])}"
        )
    for name in ESSENTIAL.get(pass_, ()):
        if name not in assigned.values():
            raise CandidateError(
                f"{name_of(function)} takes no `{name}`, on which the {pass_} pass depends: name a parameter so"
            )
    return assigned


def _known(names: Iterable[str]) -> dict[str, str]:
    """Parameter name -> known name, for those that have one; of several that mean the same, the plainest."""
    names = list(names)
    known = {name: name for name in names if name in KNOWN_NAMES}
    for name in names:
        if name in ALIASES and ALIASES[name] not in known.values():
            known[name] = ALIASES[name]
    return known
