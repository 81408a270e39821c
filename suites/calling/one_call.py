"""Calls made over and over in the candidate's process, on operands that lie where the caller says."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Operands, Pass, is_numeric
from ..candidates.device import to_numpy
from ..candidates.foreign.post_mortem import beginning
from ..candidates.loading.loaded import LoadedCandidate
from .altered_operands import changed, copied
from .company import CompanyCall, Part
from .execution import message_of, quiet_arithmetic

DECLINED = "NotImplementedError"
"""The text of a call that the candidate declines begins so."""


class Announce(Protocol):
    """Is told what is being done, in words that go after "while", and how many calls share the time for one."""

    def __call__(self, doing: str, at_once: int = 1) -> None: ...


@dataclass(frozen=True, slots=True)
class Caller:
    """Makes calls of one pass of a candidate.

    Parameters
    ----------
    loaded : LoadedCandidate
    pass_ : Pass
    announce : Announce
        Told of each call before it is made.
    interruptible : bool
        Whether KeyboardInterrupt is the user's and not the candidate's.
    spoilt : list of (str, tuple of str)
        The calls on copies of their operands that changed some of these, and which.
    """

    loaded: LoadedCandidate
    pass_: Pass
    announce: Announce
    interruptible: bool
    spoilt: list[tuple[str, tuple[str, ...]]] = field(default_factory=list)

    def make(self, operands: Operands, geometry: ConvGeometry, told: str) -> Part:
        """What a call on these very arrays returns, itself and no copy, or the text of what it raises."""
        self.announce(f"making {told}")
        return self.make_quietly(operands, geometry)

    def make_quietly(self, operands: Operands, geometry: ConvGeometry) -> Part:
        """The same, not announced."""
        try:
            with quiet_arithmetic():
                result = to_numpy(self.loaded.evaluate(self.pass_, operands, geometry))
        except BaseException as error:  # the candidate is called here
            if self.interruptible and isinstance(error, KeyboardInterrupt):
                raise
            return beginning(f"{type(error).__name__}: {message_of(error)}")
        if not isinstance(result, np.ndarray):
            return f"returned a {type(result).__name__}"
        return result if is_numeric(result.dtype) else f"returned an array of {result.dtype}"

    def make_fresh(self, call: CompanyCall, told: str) -> Part:
        """The call on copies of its operands, which it should leave as they are."""
        operands = copied(call.operands)
        result = self.make(operands, call.geometry, told)
        names = changed(operands, call.operands)
        if names:
            self.spoilt.append((told, names))
        return result


def snapshot(part: Part) -> Part:
    """A copy of what was returned."""
    return part if isinstance(part, str) else np.array(part, order="C")


def agrees(got: Part, expected: Part, sign: int = 1) -> bool:
    """Whether a result has the numbers of another one, or of its opposite; the sign of a zero does not count."""
    if isinstance(got, str) or isinstance(expected, str):
        return isinstance(got, str) and isinstance(expected, str) and got == expected
    if (got.dtype, got.shape) != (expected.dtype, expected.shape):
        return False
    return np.array_equal(got if sign > 0 else -got, expected)
