"""Whether a mismatch that was read can be asked again: its arrays are what its check asks of its case."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from ...oracle.answers.large import expected
from ...oracle.errors import InvalidArgument
from ...oracle.judging.contamination import finite_part
from ...oracle.numbers.dtypes import format_of, result_dtype
from ...oracle.numbers.scaled import unit_of
from ...oracle.operands.data import Case, Numbers, parse_case
from ...oracle.operands.fills import HUGE
from ...oracle.operands.lattice import storage_precision
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import ARRAYS as OPERANDS
from ...oracle.problem.passes import LINKED, Operands, Pass, is_defined, real_parts
from ..errors import InvalidRecord
from .codec import shown
from .evidence import subject_pass
from .record import CheckInfo, Mismatch, kind_of
from .serialization import StoredMismatch

_PASSES = tuple(pass_.value for pass_ in Pass)
_LONGEST_ID = 500
_MOST_EARLIER, _MOST_ELEMENTS = 16, 1 << 24
_LEAST_RATE = 2.0**-14
"""Normal in every format but one of 8 bits."""
_LARGEST_RATE = 64.0


def check_question(stored: StoredMismatch, checks: Mapping[str, CheckInfo] | None, *, file: str) -> None:
    """Refuse a mismatch of an unknown check, subject or case, or with operands described as another case's.

    Without `checks`, the kinds by name, it may be of any: a record is read where nobody can ask it again, too.

    Raises
    ------
    InvalidRecord
        Also if the learning rate is one by which scaling might not be exact.
    """
    mismatch, rate = stored.mismatch, stored.learning_rate
    if checks is not None:
        _check_asked(mismatch, checks, file)
    case = _case(mismatch.case, file)
    _check_after(mismatch, file)
    for index, entry in enumerate(stored.arrays):
        if entry.name in OPERANDS and entry.dtype != case.dtype:
            problem = f"{entry.name} should be {case.dtype}, as the case says, not {shown(entry.dtype)}"
            raise InvalidRecord(problem, file=file, field=f"arrays[{index}].dtype")
    _check_presence(mismatch, case, {entry.name for entry in stored.arrays}, file)
    if not _LEAST_RATE <= abs(rate) <= _LARGEST_RATE:
        problem = f"should be from {_LEAST_RATE} to {_LARGEST_RATE}, of either sign"
        raise InvalidRecord(problem, file=file, field="learning_rate")
    if mismatch.numbers is not Numbers.REALS and unit_of(rate) < _LEAST_RATE:
        problem = f"should be a multiple of {_LEAST_RATE}, for the check {mismatch.check!r}"
        raise InvalidRecord(problem, file=file, field="learning_rate")


def _check_asked(mismatch: Mismatch, checks: Mapping[str, CheckInfo], file: str) -> None:
    """Refuse a check that there is not, another subject or other operands than it has, and such calls before it."""
    _check_member("mismatch.check", kind_of(mismatch.check), tuple(checks), file)
    check = checks[kind_of(mismatch.check)]
    if mismatch.numbers is not check.numbers:
        problem = f"should be {check.numbers}, for the check {mismatch.check!r}, not {mismatch.numbers}"
        raise InvalidRecord(problem, file=file, field="mismatch.numbers")
    if check.numbers is not None:
        _check_member("mismatch.subject", mismatch.subject, check.rows, file)
    of_values = tuple(each.name for each in checks.values() if each.is_of_values)
    for index, (name, _, _) in enumerate(mismatch.after):
        _check_member(f"mismatch.after[{index}]", name, of_values, file)


def _check_after(mismatch: Mismatch, file: str) -> None:
    """Refuse many earlier calls, and large ones: they are made anew."""
    if len(mismatch.after) > _MOST_EARLIER:
        raise InvalidRecord(f"should have at most {_MOST_EARLIER} entries", file=file, field="mismatch.after")
    for index, (_, subject, case) in enumerate(mismatch.after):
        field = f"mismatch.after[{index}]"
        _check_member(field, subject, _PASSES, file)
        geometry = _case(case, file, field).geometry
        shapes = (geometry.input_shape, geometry.weight_shape, geometry.output_shape)
        if max(map(math.prod, shapes)) > _MOST_ELEMENTS:
            raise InvalidRecord(
                f"should be a case of arrays of {_MOST_ELEMENTS} elements at most", file=file, field=field
            )


def _check_presence(mismatch: Mismatch, case: Case, names: set[str], file: str) -> None:
    """Refuse a bias or directions where the case or its pass has none, and the want of them where it has."""
    subject = subject_pass(mismatch.subject)
    if subject is not None and not is_defined(subject, case.dtype):
        problem = f"should be a pass that is asked of {case.dtype}, not {shown(mismatch.subject)}"
        raise InvalidRecord(problem, file=file, field="mismatch.subject")
    directions = subject is not None and subject.is_second_order
    wanted = {
        "bias": case.bias,
        "input_direction": directions,
        "weight_direction": directions,
        "bias_direction": directions and case.bias,
    }
    for name, there in wanted.items():
        if there != (name in names):
            problem = f"should hold {'a' if there else 'no'} {name}, as the case and its pass say"
            raise InvalidRecord(problem, file=file, field="arrays")


def check_values(mismatch: Mismatch, operands: Operands, *, file: str) -> None:
    """Refuse operands on which the mismatch's check would give a false verdict.

    All must be finite, unless they are contaminated. Reals are to have
    sums within the range of the case's dtype, unless they are to overflow; else
    they are integers whose sums are exact in it, in any order.

    Raises
    ------
    InvalidRecord
        Naming the array that is otherwise, or the pass whose sums are too large.
    """
    if mismatch.numbers is None:
        return
    integers = mismatch.numbers is not Numbers.REALS
    if mismatch.numbers is Numbers.CONTAMINATED:
        operands = finite_part(operands)
    for name, array in operands.arrays().items():
        values = real_parts(array)
        if not np.isfinite(values).all():
            raise InvalidRecord("should hold no NaN or Inf", file=file, field=name)
        if integers and (values != np.rint(values)).any():
            raise InvalidRecord(f"should hold integers, for the check {mismatch.check!r}", file=file, field=name)
    case = parse_case(mismatch.case)
    if not integers and case.fill == HUGE:
        return
    bits = _sum_bits(case.dtype, integers=integers)
    subject = subject_pass(mismatch.subject)
    for pass_ in LINKED if subject is None else (subject,):
        largest = _largest_sum(pass_, operands, case.geometry)
        if not math.isfinite(largest) or math.frexp(largest)[1] > bits:
            problem = f"are too large: the terms of {pass_} should sum to less than 2**{bits} for {mismatch.check!r}"
            raise InvalidRecord(f"{problem} in {case.dtype}", file=file, field="operands")


def _check_member(field: str, value: str, members: tuple[str, ...], file: str) -> None:
    if value not in members:
        raise InvalidRecord(f"should be one of {', '.join(members)}, not {shown(value)}", file=file, field=field)


def _case(text: str, file: str, field: str = "mismatch.case") -> Case:
    try:
        if len(text) > _LONGEST_ID:
            raise InvalidArgument("case", text, f"should have at most {_LONGEST_ID} characters", where="read_mismatch")
        return parse_case(text)
    except InvalidArgument as error:
        raise InvalidRecord(f"{error.requirement}, not {shown(text)}", file=file, field=field) from error


def _sum_bits(dtype: str, *, integers: bool) -> int:
    """The sums below two to this power are exact if their terms are integers; else they are within the range."""
    return storage_precision(dtype) if integers else format_of(result_dtype(dtype)).max_exponent + 1


def _largest_sum(pass_: Pass, operands: Operands, geometry: ConvGeometry) -> float:
    """The largest sum of an element's absolute terms, inf beyond float64; an update's is in units of its rate."""
    update = pass_ is Pass.UPDATE
    try:
        with np.errstate(over="ignore"):
            sums = expected(Pass.WEIGHT_GRADIENT if update else pass_, operands, geometry).magnitude
            if update:
                rate = operands.learning_rate
                sums = (abs(rate) * sums + np.abs(real_parts(operands.weight))) / unit_of(rate)
    except OverflowError:
        return math.inf
    return float(sums.max(initial=0))
