"""The history of calls by which a pass is asked in company, in the candidate's own process.

Numbers change from call to call, and where they lie in memory, as in training; results are
written to by their owner; other calls come in between, and an error. Every call that is not
on reals is on the integer lattice, where its result is known whatever the order of its sums.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

import numpy as np

from ...oracle.problem.layouts import CONTIGUOUS, LAYOUTS, arrange
from ...oracle.problem.linearity import LINEAR_IN
from ...oracle.problem.passes import Array, Operands, Pass
from ...reports.records.spoiling import CHANGED, told_of_changed
from ..candidates.calls.binding import OPERAND_ORDER
from ..candidates.loading.loaded import LoadedCandidate
from .altered_operands import (
    Unreadable,
    copied,
    copy_of,
    image_of,
    laid_out,
    negate_in_place,
    negated,
    restrided,
)
from .company import (
    IMAGE,
    LATTICE,
    REALS,
    SQUARE,
    CompanyCall,
    CompanyQuestion,
    CompanyReply,
    Deviation,
    Part,
    same_bits,
)
from .company_threads import meet
from .execution import execute
from .one_call import DECLINED, Announce, Caller, agrees, snapshot
from .replies import Raised, Returned, Unsupported, WorkerReply

_CALLS = 11
"""A kernel may be chosen, or a cache renewed, at the tenth call."""
_MIXED = tuple(layout for layout in LAYOUTS if layout not in (CONTIGUOUS, "broadcast"))
_MIXTURES = 2
_ODD_STEPS = (1, 0, 7)
"""Strides along axes of size 1, in elements: of a permuted axis, of a new one, and of a piece of something larger."""
_IMAGE_BY_IMAGE = (
    Pass.FORWARD,
    Pass.INPUT_GRADIENT,
    Pass.JVP,
    Pass.DOUBLE_BACKWARD_OUTPUT_GRADIENT,
    Pass.DOUBLE_BACKWARD_INPUT,
)
_SCRIBBLE = 113
"""What a caller writes into a result of its own."""

Deviations = Iterator[Deviation]


def keep_company(
    loaded: LoadedCandidate,
    question: CompanyQuestion,
    *,
    announce: Announce = lambda doing, at_once=1: None,
    interruptible: bool = False,
) -> CompanyReply | WorkerReply:
    """Make a call over and over, alone and in company; the reply to the first where that is no array.

    `announce` is told of each call before it is made, so that it is known during which one a process ended.
    """
    lattice = question.calls[LATTICE]
    announce("making its first call")
    reply = execute(loaded, question.pass_, lattice.operands, lattice.geometry, interruptible=interruptible)
    if not isinstance(reply, Returned):
        return reply
    caller = Caller(loaded, question.pass_, announce, interruptible)
    history = _History(caller, question, lattice, reply.value.copy())
    return CompanyReply(history.first, tuple(history.deviations()))


@dataclass(frozen=True, slots=True)
class _History:
    """The calls that are made after the first one."""

    caller: Caller
    question: CompanyQuestion
    lattice: CompanyCall
    first: Array

    def deviations(self) -> Deviations:
        """Make all calls, those first that others rest on, and last those that may bring a process down."""
        held = self.caller.make_fresh(self.lattice, "the same call again")
        as_returned = snapshot(held)
        yield from self._unlike("repeat", "the same call again", held)
        yield from self._again()
        yield from self._other_numbers()
        companions: dict[str, Part] = {}
        as_held = {LATTICE: held}
        yield from self._companions(companions, as_held)
        yield from self._spoilt()
        yield from self._in_place()
        yield from self._at_freed_addresses()
        yield from self._written_to(as_held, {LATTICE: as_returned, **companions})
        yield from self._handed_out()
        yield from self._layouts()
        yield from self._odd_steps(companions)
        yield from self._one_object(companions)
        if self.question.images_alone:
            yield from self._images_alone()
        yield from self._after_an_error()
        yield from self._spoilt()
        answered = {name: call for name, call in self.question.companions.items() if name in companions}
        yield from meet(self.caller, self.question, answered, companions)

    def _unlike(self, cause: str, told: str, got: Part, sign: int = 1) -> Deviations:
        if not agrees(got, self.first, sign):
            yield Deviation(cause, told, LATTICE, self.first, snapshot(got), sign)

    def _same(self, cause: str, told: str) -> Deviations:
        yield from self._unlike(cause, told, self.caller.make_fresh(self.lattice, told))

    def _again(self) -> Deviations:
        """Eleven calls on reals, where another order of sums shows, too: told once, or each time where it may be so."""
        reals = self.question.calls[REALS]
        first = snapshot(self.caller.make_fresh(reals, "the same call on reals"))
        for number in range(2, _CALLS + 1):
            told = "the same call again" if number == 2 else f"the same call again, for the {_ordinal(number)} time"
            got = self.caller.make_fresh(reals, told)
            if not same_bits(got, first):
                yield Deviation("repeat", told, REALS, first, snapshot(got))
                if self.question.bitwise:
                    return

    def _other_numbers(self) -> Deviations:
        for names in LINEAR_IN[self.question.pass_]:
            told = f"the call with the opposite {_listed(self._present(names))} after the same with the first"
            opposite = CompanyCall(negated(self.lattice.operands, names), self.lattice.geometry)
            yield from self._unlike("stale", told, self.caller.make_fresh(opposite, told), -1)
        yield from self._same("stale", "the same call after others with other numbers")

    def _companions(self, answered: dict[str, Part], held: dict[str, Part]) -> Deviations:
        """Other calls, each of which may be declined, and the same call after each; results are kept, too, as held."""
        for name, call in self.question.companions.items():
            told = f"{call} after this one"
            self.caller.announce(f"making {told}")
            reply = execute(
                self.caller.loaded,
                self.caller.pass_,
                call.operands,
                call.geometry,
                interruptible=self.caller.interruptible,
            )
            if isinstance(reply, Unsupported):
                continue
            if isinstance(reply, Returned) and reply.mutated:
                self.caller.spoilt.append((told, reply.mutated))
            returned = _part(reply)
            got = snapshot(returned)
            if not isinstance(got, str):
                answered[name], held[name] = got, returned
            yield Deviation("order", told, name, None, got)
            yield from self._same("order", f"the same call after {call}")

    def _spoilt(self) -> Deviations:
        """What a call did to operands that were its own: where they are not, other calls suffer from it."""
        for told, names in self.caller.spoilt[:1]:
            yield Deviation(CHANGED, told, LATTICE, None, told_of_changed(names))

    def _in_place(self) -> Deviations:
        """The same arrays with other numbers written into them, as the steps of a training do."""
        held = copied(self.lattice.operands)
        yield from self._unlike("in place", "the same call", self._make_held(held, "the same call"))
        for names in LINEAR_IN[self.question.pass_]:
            changed = _listed(self._present(names))
            told = f"the call on the same arrays with {changed} negated in place"
            negate_in_place(held, names)
            yield from self._unlike("in place", told, self._make_held(held, told), -1)
            told = f"the call on the same arrays with {changed} negated in place and back again"
            negate_in_place(held, names)
            yield from self._unlike("in place", told, self._make_held(held, told))

    def _at_freed_addresses(self) -> Deviations:
        """Arrays that were freed, and others with other numbers, mostly where those had been."""
        names = LINEAR_IN[self.question.pass_][0]
        for operands, sign in ((self.lattice.operands, 1), (negated(self.lattice.operands, names), -1)):
            told = "the call on new arrays where others were freed"
            freed = operands.map(np.copy)
            yield from self._unlike("address", told, self._make_held(freed, told), sign)
            del freed

    def _written_to(self, held: Mapping[str, Part], as_returned: Mapping[str, Part]) -> Deviations:
        """A returned array belongs to the caller, also during later calls."""
        for name, now in held.items():
            if not same_bits(now, as_returned[name]):
                whose = "" if name == LATTICE else f" by {self.question.calls[name]}"
                told = f"a returned array{whose}, as it is after later calls"
                yield Deviation("reuse", told, name, as_returned[name], snapshot(now))
                return

    def _handed_out(self) -> Deviations:
        """The caller owns a result, and writes to it."""
        told = "the same call after the caller wrote into an earlier result"
        operands = copied(self.lattice.operands)
        for _ in range(2):
            result = self._make_held(operands, "the same call")
            if isinstance(result, str) or not result.flags.writeable:
                return
            if any(np.may_share_memory(result, array) for array in operands.arrays().values()):
                return
            result[...] = _SCRIBBLE
        yield from self._unlike("handed out", told, self._make_held(operands, told))
        yield from self._same("handed out", told)

    def _layouts(self) -> Deviations:
        for shift in range(_MIXTURES):
            chosen = self._mixture(shift)
            told = f"the same call with {_listed(f'{name} {layout}' for name, layout in chosen.items())} in memory"
            got = self.caller.make(laid_out(self.lattice.operands, chosen), self.lattice.geometry, told)
            if not _is_declined(got) and not agrees(got, self.first) and self._takes_each(chosen):
                yield from self._unlike("layout", told, got)

    def _mixture(self, shift: int) -> dict[str, str]:
        """Each operand that the pass reads in a layout of its own; which ones goes round with the seed."""
        names = [name for name in self.lattice.operands.arrays() if name in _read(self.question.pass_)]
        count, start = len(_MIXED) + 1, self.question.seed + shift * 3
        return {name: (*_MIXED, CONTIGUOUS)[(start + 2 * place) % count] for place, name in enumerate(names)}

    def _takes_each(self, chosen: Mapping[str, str]) -> bool:
        """Whether the call is right in each of these layouts alone: if not, the mixture is not at fault."""
        uniform = (self.lattice.operands.map(partial(arrange, layout=layout)) for layout in chosen.values())
        told = "the same call with all operands in one layout"
        return all(agrees(self.caller.make(each, self.lattice.geometry, told), self.first) for each in uniform)

    def _odd_steps(self, companions: Mapping[str, Part]) -> Deviations:
        """Strides along axes of size 1 say nothing: a batch of one by way of `permute` or `unsqueeze` has any."""
        known = {LATTICE: self.first, **{name: part for name, part in companions.items() if name == IMAGE}}
        for name, expected in known.items():
            call = self.question.calls[name]
            if all(1 not in array.shape for array in call.operands.arrays().values()):
                continue
            for step in _ODD_STEPS:
                told = f"{'the same call' if name == LATTICE else call} with strides of {step} along axes of size 1"
                strided = copied(call.operands).map(partial(restrided, step=step))
                got = self.caller.make(strided, call.geometry, told)
                if not _is_declined(got) and not agrees(got, expected):
                    yield Deviation("layout", told, name, expected, snapshot(got))

    def _one_object(self, companions: Mapping[str, Part]) -> Deviations:
        """The operands one and the same array, where their shapes and numbers are the same."""
        if SQUARE not in companions:
            return
        call = self.question.calls[SQUARE]
        one = copy_of(call.operands.input)
        alike: dict[str, Any] = {
            name: one for name, array in call.operands.arrays().items() if array.shape == one.shape
        }
        told = f"{call} with one array for {_listed(name for name in alike if name in _read(self.question.pass_))}"
        got = self.caller.make(replace(copied(call.operands), **alike), call.geometry, told)
        if not agrees(got, companions[SQUARE]):
            yield Deviation("one object", told, SQUARE, companions[SQUARE], snapshot(got))

    def _images_alone(self) -> Deviations:
        """Each image by itself, on reals: declared to have the same bits as in the batch."""
        call = self.question.calls[REALS]
        if self.question.pass_ not in _IMAGE_BY_IMAGE or call.geometry.batch < 2:
            return
        whole = self.caller.make_fresh(call, "the same call on reals")
        if isinstance(whole, str):
            return
        for image in range(call.geometry.batch):
            told = f"image {image} of the batch by itself"
            alone = CompanyCall(image_of(call.operands, image), replace(call.geometry, batch=1))
            got = self.caller.make_fresh(alone, told)
            if not _is_declined(got) and not same_bits(got, np.ascontiguousarray(whole[image : image + 1])):
                yield Deviation("batch", told, REALS, whole[image : image + 1], snapshot(got))
                return

    def _after_an_error(self) -> Deviations:
        """An error in the midst of a call, raised by an operand where it is read."""
        for name in reversed(OPERAND_ORDER[self.question.pass_]):
            if name == "learning_rate":
                continue
            broken: Any = {name: Unreadable()}
            told = f"a call whose {name} raises an error where it is read"
            self.caller.make(replace(copied(self.lattice.operands), **broken), self.lattice.geometry, told)
            yield from self._same("after an error", f"the same call after {told}")

    def _make_held(self, operands: Operands, told: str) -> Part:
        return self.caller.make(operands, self.lattice.geometry, told)

    def _present(self, names: tuple[str, ...]) -> list[str]:
        return [name for name in names if name in self.lattice.operands.arrays()]


def _part(reply: WorkerReply) -> Part:
    """An array, or what came instead of it."""
    match reply:
        case Returned():
            return reply.value
        case Raised():
            return f"{reply.kind}: {reply.message}"
        case _:
            return str(reply)


def _read(pass_: Pass) -> tuple[str, ...]:
    return (*OPERAND_ORDER[pass_], "bias", "bias_direction")


def _is_declined(got: Part) -> bool:
    return isinstance(got, str) and got.startswith(DECLINED)


def _listed(names: Any) -> str:
    *before, last = names
    return f"{', '.join(before)} and {last}" if before else str(last)


def _ordinal(number: int) -> str:
    return f"{number}{ {2: 'nd', 3: 'rd'}.get(number, 'th') }"
