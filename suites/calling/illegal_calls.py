"""Illegal calls: what an implementation must refuse with an error, described as data, and made in its process."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields, replace
from functools import lru_cache
from typing import Any

import numpy as np

from ...oracle.errors import InvalidArgument
from ...oracle.operands.data import Case, lattice_operands
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Operands, Pass
from ..candidates.loading.loaded import LoadedCandidate
from .execution import execute
from .replies import Raised, Unsupported, WorkerReply

_DTYPE, _OTHER_DTYPE = "float32", "float64"
_SIZES, _KERNELS = (6, 5, 4, 4, 4, 4), (3, 2, 2, 2, 2, 2)
_GRADIENTS = (Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT, Pass.BIAS_GRADIENT)

NameSets = tuple[tuple[str, ...], ...]
"""Known names of arguments, by sets of which a function must take one each for the call to say what is wrong."""


@dataclass(frozen=True, slots=True)
class IllegalCall:
    """A legal call, and what is wrong with it.

    Parameters
    ----------
    name : str
        ``stride 0``.
    pass_ : Pass
    legal : ConvGeometry
        What would be legal.
    told : str
        The wrong argument and its value.
    requirement : str
        What it should be.
    settings : tuple of (str, value)
        Attributes of the geometry with their wrong values, as JSON has them.
    shapes : tuple of (str, tuple of int)
        Operands given in another shape than the geometry's.
    dtypes : tuple of (str, str)
        Operands given in another dtype than the input's.
    needs : tuple of tuple of str
        See `NameSets`.
    """

    name: str
    pass_: Pass
    legal: ConvGeometry
    told: str
    requirement: str
    settings: tuple[tuple[str, Any], ...] = ()
    shapes: tuple[tuple[str, tuple[int, ...]], ...] = ()
    dtypes: tuple[tuple[str, str], ...] = ()
    needs: NameSets = ()

    @property
    def subject(self) -> str:
        """Unique among all: ``stride 0 [forward, 2-D]``."""
        return f"{self.name} [{self.pass_}, {self.legal.rank}-D]"

    @property
    def bias(self) -> bool:
        """Whether a bias is given."""
        return any(name == "bias" for name, _ in self.shapes)

    def operands(self) -> Operands:
        """What is given: small integers, repeated or cut to the wrong shapes."""
        right = lattice_operands(Case(self.legal, self.bias, _DTYPE, "uniform", 0)).of(self.pass_)
        wrong: dict[str, Any] = {name: np.resize(getattr(right, name), shape) for name, shape in self.shapes}
        wrong |= {name: getattr(right, name).astype(dtype) for name, dtype in self.dtypes}
        return replace(right, **wrong)


@lru_cache
def illegal_calls(rank: int = 2) -> tuple[IllegalCall, ...]:
    """Every illegal call with this number of spatial axes."""
    legal = ConvGeometry.of(batch=2, in_channels=4, out_channels=6, size=_SIZES[:rank], kernel=_KERNELS[:rank])
    return (*_settings(legal), *_operands(legal), *_gradients(legal), *_transposed(legal))


def illegal_call(subject: str) -> IllegalCall:
    """The call with this subject.

    Raises
    ------
    InvalidArgument
        If there is none.
    """
    for rank in range(1, len(_SIZES) + 1):
        for call in illegal_calls(rank):
            if call.subject == subject:
                return call
    raise InvalidArgument("subject", subject, "should be that of an illegal call", where="illegal_call")


def _settings(legal: ConvGeometry) -> Iterator[IllegalCall]:
    rank = legal.rank
    weight = (legal.out_channels, 1, *legal.kernel)
    for pass_ in (Pass.FORWARD, Pass.INPUT_GRADIENT, Pass.WEIGHT_GRADIENT):
        for name, setting, value, shape in (
            ("stride 0", "stride", 0, None),
            ("negative stride", "stride", -1, None),
            ("dilation 0", "dilation", 0, None),
            ("negative dilation", "dilation", -1, None),
            ("groups 0", "groups", 0, None),
            ("groups that do not divide the input channels", "groups", 3, weight),
            ("groups that do not divide the output channels", "groups", 4, weight),
        ):
            wrong: Any = value if setting == "groups" else (value,) * rank
            least = "should divide in_channels=4 and out_channels=6" if value > 1 else "should be at least 1"
            yield IllegalCall(
                name,
                pass_,
                legal,
                f"{setting}={wrong}",
                least,
                settings=((setting, wrong),),
                shapes=() if shape is None else (("weight", shape),),
                needs=(("geometry", setting),),
            )
    yield IllegalCall(
        "negative padding",
        Pass.FORWARD,
        legal,
        f"padding={((-1, -1),) * rank}",
        "should be at least 0",
        settings=(("padding", ((-1, -1),) * rank),),
        needs=(("geometry", "padding"),),
    )
    yield IllegalCall(
        "kernel 0",
        Pass.FORWARD,
        legal,
        f"kernel={(0,) * rank}",
        "should be at least 1",
        settings=(("kernel", (0,) * rank),),
        shapes=(("weight", (*legal.weight_shape[:2], *(0,) * rank)),),
    )


def _operands(legal: ConvGeometry) -> Iterator[IllegalCall]:
    rows, columns, *taps = legal.weight_shape
    knows_input = (("geometry", "input"),)
    weights = {
        "weight of too many channels": (rows, columns + 1, *taps),
        "weight of too few channels": (rows, columns - 1, *taps),
        "weight of one channel": (rows, 1, *taps),
    }
    for name, shape in weights.items():
        yield _shaped(name, Pass.FORWARD, legal, "weight", shape)
        yield _shaped(name, Pass.INPUT_GRADIENT, legal, "weight", shape, needs=knows_input)
    for name, length in (("too long", rows + 1), ("too short", rows - 1), ("of length 1", 1)):
        yield _shaped(f"bias {name}", Pass.FORWARD, legal, "bias", (length,), needs=(("bias",),))
    yield _shaped("input of too few axes", Pass.FORWARD, legal, "input", legal.input_shape[:-1])
    yield _shaped("weight of too few axes", Pass.FORWARD, legal, "weight", legal.weight_shape[:-1])
    yield IllegalCall(
        "weight of another dtype",
        Pass.FORWARD,
        legal,
        f"weight.dtype={_OTHER_DTYPE}",
        f"should be that of input, {_DTYPE}",
        dtypes=(("weight", _OTHER_DTYPE),),
    )


def _gradients(legal: ConvGeometry) -> Iterator[IllegalCall]:
    for pass_ in _GRADIENTS:
        for axis in range(len(legal.output_shape)):
            for name, by in (("too large", 1), ("too small", -1)):
                shape = list(legal.output_shape)
                shape[axis] += by
                yield _shaped(
                    f"output gradient {name} on axis {axis}",
                    pass_,
                    legal,
                    "output_gradient",
                    tuple(shape),
                    needs=_what_tells_its_size(pass_, axis),
                )


def _what_tells_its_size(pass_: Pass, axis: int) -> NameSets:
    """What a function must be given beside an output gradient to tell that an axis of it is wrong."""
    match pass_:
        case Pass.INPUT_GRADIENT:
            return () if axis == 1 else (("geometry", "input"),)
        case Pass.WEIGHT_GRADIENT:
            return () if axis == 0 else (("geometry", "weight"),)
        case _:
            return (("geometry", "input"), ("geometry", "weight"))


def _transposed(legal: ConvGeometry) -> Iterator[IllegalCall]:
    transposed = replace(legal, transposed=True, stride=(2,) * legal.rank, output_padding=())
    rows, columns, *taps = transposed.weight_shape
    needs = (("geometry", "output_padding"),)
    yield IllegalCall(
        "output padding of a stride",
        Pass.FORWARD,
        transposed,
        f"output_padding={transposed.stride}",
        f"should be below the stride, {transposed.stride}, or the dilation",
        settings=(("output_padding", transposed.stride),),
        needs=needs,
    )
    for name, shape in (("many", (rows + 1, columns, *taps)), ("few", (rows - 1, columns, *taps))):
        yield _shaped(
            f"transposed weight of too {name} channels", Pass.FORWARD, transposed, "weight", shape, needs=needs
        )


def _shaped(
    name: str, pass_: Pass, legal: ConvGeometry, operand: str, shape: tuple[int, ...], needs: NameSets = ()
) -> IllegalCall:
    right = legal.output_shape if operand == "output_gradient" else getattr(legal, f"{operand}_shape")
    told = f"{operand}.shape={shape}"
    return IllegalCall(name, pass_, legal, told, f"should be {right}", shapes=((operand, shape),), needs=needs)


def unchecked(legal: ConvGeometry, settings: Mapping[str, Any]) -> ConvGeometry:
    """A geometry with values that `ConvGeometry` would refuse.

    Its `output_size` is the legal one's, so that whoever relies on it is not
    refused for a division by zero in our formula; shapes follow the values given.
    """
    geometry = object.__new__(ConvGeometry)
    values = {field.name: getattr(legal, field.name) for field in fields(ConvGeometry)}
    geometry.__dict__.update(values | {name: _tuples(value) for name, value in settings.items()})
    geometry.__dict__["output_size"] = legal.output_size
    return geometry


def _tuples(value: Any) -> Any:
    """The value with tuples where JSON has lists."""
    return tuple(map(_tuples, value)) if isinstance(value, list | tuple) else value


def make_illegal(
    loaded: LoadedCandidate,
    pass_: Pass,
    operands: Operands,
    legal: ConvGeometry,
    settings: Mapping[str, Any],
    needs: NameSets,
    *,
    interruptible: bool = False,
) -> WorkerReply:
    """Make an illegal call; `Unsupported` where the candidate cannot be told what is wrong, or declines the legal one.

    That it says so when it is asked about the illegal values is no more than that it
    cannot be told; to raise NotImplementedError in the call is a refusal like any other.
    """
    trusted = {"geometry"} if settings and not loaded.info.validates else set()
    if pass_ not in loaded.passes or not all(loaded.takes(pass_, set(names) - trusted) for names in needs):
        return Unsupported("its parameters cannot express it")
    geometry = unchecked(legal, settings)
    for asked in (legal, geometry):
        reason = _limitation(loaded, pass_, asked, operands)
        if reason is not None:
            return Unsupported(reason)
    reply = execute(loaded, pass_, operands, geometry, interruptible=interruptible)
    return Raised("NotImplementedError", reply.reason, "", 0.0) if isinstance(reply, Unsupported) else reply


def _limitation(loaded: LoadedCandidate, pass_: Pass, geometry: ConvGeometry, operands: Operands) -> str | None:
    """Why a call is not offered; None also where the candidate cannot say it, as the call then will not, either."""
    try:
        return loaded.limitation(pass_, geometry, operands.input.dtype.name, operands.bias is not None)
    except Exception:  # noqa: BLE001 - the candidate is called here
        return None
