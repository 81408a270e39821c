"""Modules as candidates: a layer is built for each geometry and called with the case's weight and bias."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping

import torch

from ....oracle.problem.geometry import ConvGeometry
from ....oracle.problem.passes import Pass
from .. import CandidateError
from ..calls.naming import class_names, is_transposed_by_name, name_of
from ..calls.settings import SETTING_NAMES, setting_values
from ..protocol import NOTHING
from .arithmetic import inherited
from .differentiable import Autograd, autograd

_SIZES = ("in_channels", "out_channels", "kernel_size")
_OPERANDS = ("input", "weight", "bias")


class _Built:
    """A function of tensors that builds its module from the settings it is given, and calls it."""

    def __init__(self, factory: Callable[..., torch.nn.Module]) -> None:
        self.__name__ = name_of(factory)
        self.also_named = class_names(factory) if isinstance(factory, type) else []
        self._factory = factory
        taken = _parameters(factory)
        self._sizes = [name for name in _SIZES if name in taken]
        self._takes_bias = "bias" in taken
        settings = [name for name in (*SETTING_NAMES, "geometry") if name in taken]
        kind = inspect.Parameter.KEYWORD_ONLY
        self.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in (*_OPERANDS, *settings)])

    def __call__(
        self, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, **settings: object
    ) -> object:
        sizes = {"in_channels": input.shape[1], "kernel_size": tuple(weight.shape[2:])}
        sizes["out_channels"] = self._out_channels(weight, settings)
        arguments = {name: sizes[name] for name in self._sizes} | settings
        if self._takes_bias:
            arguments["bias"] = bias is not None
        built = self._factory(**arguments).to(device=weight.device, dtype=weight.dtype)
        return _call(built, input, weight, bias)

    def _out_channels(self, weight: torch.Tensor, settings: Mapping[str, object]) -> int:
        geometry, groups = settings.get("geometry"), settings.get("groups", 1)
        if isinstance(geometry, ConvGeometry):
            return geometry.out_channels
        assert isinstance(groups, int)
        transposed = settings.get("transposed", is_transposed_by_name(self))
        return weight.shape[1] * groups if transposed else weight.shape[0]


class _Instance:
    """A module that is there already: for its own sizes and settings only."""

    def __init__(self, instance: torch.nn.Module) -> None:
        self.__name__ = type(instance).__name__
        self.also_named = class_names(type(instance))
        self._instance = instance

    def __call__(
        self, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None, geometry: ConvGeometry
    ) -> object:
        return _call(self._instance, input, weight, bias)

    def limitation(self, geometry: ConvGeometry) -> str | None:
        """What of the geometry is not the module's own."""
        own: Mapping[str, object] = vars(self._instance) | {
            "weight_shape": tuple(_parameter(self._instance, "weight").shape)
        }
        wanted = {"weight_shape": geometry.weight_shape, **setting_values(geometry)}
        for name, value in wanted.items():
            actual = own.get(name, value if name not in ("transposed", "padding_mode") else _PLAINEST[name])
            if isinstance(value, tuple) and isinstance(actual, int):
                actual = (actual,) * geometry.rank
            if actual != value:
                return f"this {self.__name__} has {name}={actual!r}, not {value!r}"
        if any(low != high for low, high in geometry.padding):
            return f"this {self.__name__} has padding={own.get('padding')!r}, the same on both sides"
        return None


_PLAINEST: Mapping[str, object] = {"transposed": False, "padding_mode": "zeros"}


class _InstanceCandidate(Autograd):
    """A module's instance as a candidate."""

    def __init__(
        self,
        instance: torch.nn.Module,
        name: str,
        accumulators: Mapping[str, str],
        conventions: Mapping[str, str],
    ) -> None:
        self._module = _Instance(instance)
        super().__init__(self._module, name=name, accumulators=accumulators, conventions=inherited(conventions))

    def limitation(self, pass_: Pass, geometry: ConvGeometry, dtype: str) -> str | None:
        return super().limitation(pass_, geometry, dtype) or self._module.limitation(geometry)


def module(
    factory: Callable[..., torch.nn.Module] | torch.nn.Module,
    *,
    name: str = "",
    accumulators: Mapping[str, str] = NOTHING,
    conventions: Mapping[str, str] = NOTHING,
) -> Autograd:
    """Make a candidate of a class of modules with a convolution's ``weight`` and ``bias``.

    Parameters
    ----------
    factory : callable, or torch.nn.Module
        A class, or a function that returns a module. It is called for each case with
        those of its parameters that are called as `torch.nn.Conv2d`'s:
        ``in_channels``, ``out_channels``, ``kernel_size``, ``stride``, ``padding``,
        ``dilation``, ``groups``, ``bias``, ``padding_mode``, ``output_padding``, or
        ``transposed``, or with the whole ``geometry``. It is asked for what they can
        express; one whose name says "transpose" for transposed convolutions only.
        An instance is asked for cases of its own weight's shape and settings only.
    name : str
    accumulators, conventions : Mapping[str, str]
        See `convoracle.suites.candidates`; conventions of which they say nothing are PyTorch's own.

    Raises
    ------
    CandidateError
        If it requires an argument of another name, or an instance has no weight.
    """
    if isinstance(factory, torch.nn.Module):
        if not isinstance(getattr(factory, "weight", None), torch.Tensor):
            raise CandidateError(f"this {type(factory).__name__} has no `weight`: name a module with a convolution's")
        return _InstanceCandidate(factory, name, accumulators, conventions)
    return autograd(_Built(factory), name=name, accumulators=accumulators, conventions=conventions)


def _parameters(factory: Callable[..., object]) -> set[str]:
    """Names of the parameters to give; those of a class that passes ``**keywords`` on are its base's, too."""
    known = {*_SIZES, "bias", "geometry", *SETTING_NAMES}
    parameters = inspect.signature(factory).parameters.values()
    for parameter in parameters:
        variadic = parameter.kind in (inspect.Parameter.VAR_POSITIONAL, inspect.Parameter.VAR_KEYWORD)
        if parameter.name not in known and parameter.default is inspect.Parameter.empty and not variadic:
            raise CandidateError(
                f"{name_of(factory)} requires `{parameter.name}`, which is none of the arguments that can be given: "
                f"{', '.join(sorted(known))}; rename it, or give it a default"
            )
    names = {parameter.name for parameter in parameters} & known
    if inspect.isclass(factory) and any(each.kind is inspect.Parameter.VAR_KEYWORD for each in parameters):
        names |= _parameters(factory.__mro__[1])
    return names


def _call(built: torch.nn.Module, input: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor | None) -> object:
    """Call a module with these tensors for its weight and bias."""
    missing = getattr(built, "bias", None) is None
    if bias is not None and missing:
        raise NotImplementedError(f"{type(built).__name__} has no bias")
    parameters = {"weight": weight}
    if not missing:
        parameters["bias"] = torch.zeros_like(_parameter(built, "bias")) if bias is None else bias
    return torch.func.functional_call(built, parameters, (input,))


def _parameter(module: torch.nn.Module, name: str) -> torch.Tensor:
    parameter = getattr(module, name)
    assert isinstance(parameter, torch.Tensor)
    return parameter
