"""A call in company, as data: what is asked of a candidate's process, and what came out otherwise there."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Array, Operands, Pass
from ...reports.records.codec import codec

LATTICE, REALS = "lattice", "reals"
"""Names of the call itself: on integers whose sums are exact, and on reals."""
IMAGE = "image"
"""Name of the companion with one image where the call has several."""
SQUARE = "square"
"""Name of the companion whose operands have one shape and the same numbers."""

Part = Array | str
"""An array, or the text of an exception."""
_TEXT, _NUMBER = codec(str), codec(int)


@dataclass(frozen=True, slots=True, eq=False)
class CompanyCall:
    """One call of the pass that is asked."""

    operands: Operands
    geometry: ConvGeometry

    def __str__(self) -> str:
        return f"the call {self.geometry} in {self.operands.input.dtype.name}"


@dataclass(frozen=True, slots=True, eq=False)
class CompanyQuestion:
    """What is asked of one pass in company.

    Parameters
    ----------
    pass_ : Pass
    calls : mapping of str to CompanyCall
        The call itself as `LATTICE` and as `REALS`; under other names its companions.
    seed : int
        Which memory layouts the operands have follows from it.
    bitwise : bool
        Whether the same call is to come to the same bits.
    images_alone : bool
        Whether each image is asked by itself, for the same bits as in its batch.
    """

    pass_: Pass
    calls: Mapping[str, CompanyCall]
    seed: int = 0
    bitwise: bool = True
    images_alone: bool = False

    @property
    def companions(self) -> Mapping[str, CompanyCall]:
        """The other calls by name."""
        return {name: call for name, call in self.calls.items() if name not in (LATTICE, REALS)}


@dataclass(frozen=True, slots=True, eq=False)
class Deviation:
    """A result that may be wrong.

    Parameters
    ----------
    cause : str
        ``repeat``, ``order``, ``threads``: what it would be the fault of.
    told : str
        What was done: ``the same call again``.
    call : str
        Name of the call whose result it should be.
    expected : ndarray, str or None
        What it was the other times; None where that is not known in the candidate's process.
    got : ndarray or str
    sign : {1, -1}
        -1 with the opposite sign in operands in which the pass is linear, and so in its result.
    """

    cause: str
    told: str
    call: str
    expected: Part | None
    got: Part
    sign: int = 1


@dataclass(frozen=True, slots=True, eq=False)
class CompanyReply:
    """What the calls gave.

    Parameters
    ----------
    first : ndarray
        The result of the first call, which is that on the lattice.
    deviations : tuple of Deviation
        In the order of the calls; of each companion its result, whatever that is.
    """

    first: Array
    deviations: tuple[Deviation, ...] = field(default=())


def company_to_message(reply: CompanyReply) -> tuple[dict[str, object], list[Array]]:
    """A header of JSON values and the arrays beside it."""
    arrays = [reply.first]

    def written(part: Part | None) -> str | int | None:
        """Where the array is in the message; a text, or nothing, as it is."""
        if part is None or isinstance(part, str):
            return part
        arrays.append(part)
        return len(arrays) - 1

    deviations = [
        {
            "cause": deviation.cause,
            "told": deviation.told,
            "call": deviation.call,
            "expected": written(deviation.expected),
            "got": written(deviation.got),
            "sign": deviation.sign,
        }
        for deviation in reply.deviations
    ]
    return {"kind": CompanyReply.__name__, "deviations": deviations}, arrays


def company_from_message(header: Mapping[str, Any], arrays: Sequence[Array]) -> CompanyReply:
    """Read back what `company_to_message` wrote.

    Raises
    ------
    ValueError
        If that is not what it is.
    """

    try:
        deviations = tuple(_deviation(fields, arrays) for fields in header["deviations"])
        return CompanyReply(arrays[0], deviations)
    except (LookupError, TypeError, ValueError) as error:
        raise ValueError(f"not a reply: {error}") from error


def _deviation(fields: Mapping[str, Any], arrays: Sequence[Array]) -> Deviation:
    def read(name: str) -> Part | None:
        value = fields[name] if isinstance(fields[name], str | None) else _NUMBER.decode(fields[name])
        if isinstance(value, int) and value < 0:
            raise ValueError(f"{name} should be the number of an array, not {value}")
        return arrays[value] if isinstance(value, int) else value

    got = read("got")
    if got is None:
        raise ValueError("a result is missing")
    sign = fields["sign"]
    if type(sign) is not int or sign not in (1, -1):
        raise ValueError(f"sign should be 1 or -1, not {sign!r:.40}")
    cause, told, call = (_TEXT.decode(fields[name]) for name in ("cause", "told", "call"))
    return Deviation(cause, told, call, read("expected"), got, sign)


def same_bits(one: Part, other: Part) -> bool:
    """Whether two results are the same array, bit for bit, or the same exception."""
    if isinstance(one, str) or isinstance(other, str):
        return isinstance(one, str) and isinstance(other, str) and one == other
    return (one.dtype, one.shape) == (other.dtype, other.shape) and one.tobytes() == other.tobytes()
