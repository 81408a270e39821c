"""A layer in parts of its batch, so that what is in memory at once stays within a budget.

What a part takes is told by :func:`needed`. A wrong element is in one of the parts, each of which has operands and
combinations of its own: it is missed with no more than that part's probability. What is not asked is the kernel at the
full batch; of a weight gradient, or of a bias gradient, each part is a sum over its own images alone.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Protocol, TypeVar

from ...oracle.judging.verdict import Outcome, Verdict
from ...oracle.numbers.dtypes import Arithmetic, numpy_dtype
from ...oracle.operands.data import Case
from ...oracle.problem.passes import ARRAYS, Pass, shape_of
from ...reports.views.wording import plural
from ..calling.replies import size_text

_OF_OPERANDS, _OF_RESULT = 4, 3
_UNSETTLED = (Outcome.CONFORMS, Outcome.UNDECIDED)
_DIRECTION = "_direction"


@dataclass(frozen=True, slots=True)
class Part:
    """Some images of a layer, or all.

    Parameters
    ----------
    case : Case
        Of these images alone; each part has a seed of its own.
    start : int
        The first of them, 0-based.
    number, of : int
        Which of how many parts, from 1.
    batch : int
        Images of the whole layer.
    """

    case: Case
    start: int
    number: int
    of: int
    batch: int

    @property
    def is_last(self) -> bool:
        """Whether no other follows."""
        return self.number == self.of

    @property
    def images(self) -> int:
        """How many the largest part has; 0 where it is the whole."""
        return 0 if self.of == 1 else -(-self.batch // self.of)

    def index(self, pass_: Pass, index: tuple[int, ...]) -> tuple[int, ...]:
        """Of an element of this part's result, where it is in the whole one."""
        return index if pass_.is_over_images else (index[0] + self.start, *index[1:])

    def told(self, reason: str) -> str:
        """What was found, with the images in which it was, where these are not all."""
        last = self.start + self.case.geometry.batch - 1
        return reason if self.of == 1 or not reason else f"of images {self.start} to {last}, {reason}"


def with_directions(passes: Collection[Pass]) -> bool:
    """Whether any of some passes takes directions."""
    return any(pass_.is_second_order for pass_ in passes)


def needed(case: Case, arithmetic: Arithmetic, passes: Collection[Pass], *, widened: bool = False) -> int:
    """Bytes that a layer takes at once in all processes, beyond what they hold without it.

    With A the bytes of the operands and R those of the largest result, this process has A, and then R; the candidate's
    has what arrives, A, the copies on which it is called, A, and its result, R. What else it takes is its own: as much
    as a copy of each, A + R, is allowed for, as libraries make that lay tensors out in blocks. That is 4 A + 3 R.
    A certificate is made when the candidate's process holds its tensors no more, and takes half of A + R at most.

    Parameters
    ----------
    case : Case
    arithmetic : Arithmetic
    passes : collection of Pass
        Each of which is given all operands.
    widened : bool
        Whether operands are looked at in float64 as they are drawn, as those with zeros among them.
    """
    names = [name for name in ARRAYS if case.bias or not name.startswith("bias")]
    elements = {name: math.prod(shape_of(name, case.geometry)) for name in names}
    drawn = sum(elements.values())
    given = drawn if with_directions(passes) else sum(n for name, n in elements.items() if _DIRECTION not in name)
    results = max((math.prod(pass_.result_shape(case.geometry)) for pass_ in passes), default=0)
    size, of_result = numpy_dtype(case.dtype).itemsize, numpy_dtype(arithmetic.result_dtype).itemsize
    called = _OF_OPERANDS * given * size + _OF_RESULT * results * of_result
    return max(called, drawn * (size + 3 * 8)) if widened else called


def parts_of(case: Case, takes: Callable[[Case], int], memory: int | None) -> tuple[Part, ...]:
    """The parts in which a layer is asked, as few and as equal as they can be; none if one image is too much.

    Parameters
    ----------
    case : Case
    takes : callable
        How many bytes a case takes; more with more images.
    memory : int or None
        As many as it may take; None for any.
    """
    batch = case.geometry.batch
    if memory is None or takes(case) <= memory:
        return (whole(case),)
    images = bisect_right(range(1, batch), memory, key=lambda count: takes(_with_images(case, count, 0)))
    if not images:
        return ()
    many = -(-batch // images)
    ends = [number * batch // many for number in range(many + 1)]
    return tuple(
        Part(_with_images(case, end - start, number), start, number + 1, many, batch)
        for number, (start, end) in enumerate(pairwise(ends))
    )


def whole(case: Case) -> Part:
    """All of a layer at once."""
    return Part(case, 0, 1, 1, case.geometry.batch)


def _with_images(case: Case, images: int, number: int) -> Case:
    return replace(case, geometry=replace(case.geometry, batch=images), seed=case.seed + number)


def too_large(case: Case, takes: Callable[[Case], int], memory: int) -> Verdict:
    """Of a layer of which even one image takes more memory than there may be."""
    least = size_text(takes(_with_images(case, min(1, case.geometry.batch), 0)))
    reason = f"one image takes {least} of memory with its copies, but {size_text(memory)} may be taken: not asked"
    return Verdict(Outcome.UNDECIDED, reason, "memory")


class Found(Protocol):
    """What came of one pass of one part."""

    @property
    def verdict(self) -> Verdict:
        """On that part."""


Of = TypeVar("Of", bound=Found)
Asked = Callable[[Part, tuple[Pass, ...]], Iterator[tuple[Pass, Of]]]
"""What asks some passes of a part, and holds its operands until it has asked them all."""


def in_parts(parts: Sequence[Part], passes: Sequence[Pass], asked: Asked[Of]) -> Iterator[tuple[Pass, tuple[Of, ...]]]:
    """Ask the passes of one part after the other; what came of each, as soon as that is known."""
    left, found = list(passes), {pass_: tuple[Of, ...]() for pass_ in passes}
    for part in parts:
        for pass_, one in asked(part, tuple(left)):
            found[pass_] += (one,)
            if part.is_last or settles(one.verdict):
                left.remove(pass_)
                yield pass_, found[pass_]


def told_of_parts(pass_: Pass, batch: int, parts: int, images: int) -> str:
    """What is said of how a layer was asked; nothing where it was as a whole."""
    if parts == 1:
        return ""
    of_images = f"{parts} parts of {'' if parts * images == batch else 'at most '}{plural(images, 'image')}"
    return f", in each of {of_images}, a sum over these alone" if pass_.is_over_images else f", in {of_images}"


def settles(verdict: Verdict) -> bool:
    """Whether nothing that the other parts come to would change it."""
    return verdict.outcome not in _UNSETTLED


def decisive(verdicts: Sequence[Verdict]) -> int:
    """Which verdict on parts is that on the layer: one that settles it, the first undecided one, or the worst."""

    def weight(number: int) -> tuple[bool, bool, float]:
        verdict = verdicts[number]
        return settles(verdict), verdict.outcome is Outcome.UNDECIDED, verdict.ratio

    return max(range(len(verdicts)), key=weight)
