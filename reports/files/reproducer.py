"""A mismatch as a stand-alone Python script: its arrays, the call, and whether the result is still wrong."""

from __future__ import annotations

import textwrap
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...oracle.judging.verdict import Outcome
from ...oracle.numbers.dtypes import COMPONENTS, result_dtype
from ...oracle.problem.layouts import BROADCAST, CONTIGUOUS
from ..records.evidence import case_layout, named_arrays
from ..records.record import Evidence, Mismatch
from ..views.wording import case_line, clean, headline

MAX_LITERALS = 1500
"""Most elements that are written into the script; beyond them it loads arrays.npz from its own folder."""

_WIDTH = 110
_EXACT_INTEGERS = 2**53


def reproducer(mismatch: Mismatch, evidence: Evidence) -> str:
    """The script's source; it needs NumPy and whatever ``mismatch.call`` imports.

    Run, it exits with 1 and says so if the mismatch shows again, and with 0 if
    it does not. A crash or a hang shows itself. Literals keep every value exactly.
    """
    arrays = _needed(mismatch, evidence)
    literal = sum(array.size for array in arrays.values()) <= MAX_LITERALS
    parts = [_header(mismatch), _imports(arrays, literal), _assignments(arrays, literal)]
    parts.append(f"learning_rate = {evidence.operands.learning_rate!r}\n")
    parts.append(_arrangement(mismatch.case, evidence))
    if not mismatch.call.strip():
        parts.append("# The call that computes `actual` from these arrays is not known for this candidate:")
        parts.append("# put it here, and this script compares its result.\n")
        parts.append(f"sys.exit({'cannot reproduce: the call is missing'!r})\n")
        return "\n".join(parts)
    call = textwrap.dedent(mismatch.call).strip()
    if mismatch.is_among_calls:
        names = ", ".join((*evidence.operands.arrays(), "learning_rate"))
        parts.append(_AMONG_CALLS.replace("NAMES", names).replace("    CALL", textwrap.indent(call, "    ")))
        return "\n".join(part for part in parts if part)
    parts.append(_preparation(mismatch, evidence))
    parts.append(f"{call}\n")
    parts.append(_comparison(mismatch, evidence) if mismatch.numbers is not None else _OWN_CALLS)
    return "\n".join(part for part in parts if part)


def _needed(mismatch: Mismatch, evidence: Evidence) -> dict[str, NDArray[Any]]:
    named = named_arrays(evidence)
    named.pop("actual", None)
    named.pop("wrong")
    if mismatch.verdict.outcome is not Outcome.VIOLATES:
        named.pop("expected")
    if mismatch.verdict.outcome is not Outcome.VIOLATES or _is_exact(evidence):
        named.pop("bound")
    return named


def _is_exact(evidence: Evidence) -> bool:
    return not evidence.bound.any()


def _header(mismatch: Mismatch) -> str:
    lines = [
        headline(mismatch),
        f"case {case_line(mismatch.case)}",
        "Needs NumPy and what the call imports, nothing else.",
    ]
    if mismatch.history:
        lines.append(
            f"Its result depends on earlier calls: {clean(mismatch.history)}. Alone, as here, it may be right."
        )
    if mismatch.verdict.outcome in (Outcome.VIOLATES, Outcome.REFUSED):
        lines.append("Exit code 1: reproduced; 0: not reproduced.")
        lines.append("A fault that reads memory never written shows surely with MALLOC_PERTURB_=64, as in the check.")
    return "\n".join(f"# {line}" for text in lines for line in text.splitlines()) + "\n"


def _imports(arrays: dict[str, NDArray[Any]], literal: bool) -> str:
    lines = ["import sys"] if literal else ["import sys", "from pathlib import Path"]
    extended = any(_is_extended(array) for array in arrays.values())
    return "\n".join([*lines, "", *(["import ml_dtypes"] if extended else []), "import numpy as np", ""])


def _assignments(arrays: dict[str, NDArray[Any]], literal: bool) -> str:
    if literal:
        return "\n".join(f"{name} = {_literal(array)}" for name, array in arrays.items())
    lines = ['arrays = np.load(Path(__file__).with_name("arrays.npz"), allow_pickle=False)']
    for name, array in arrays.items():
        view = f".view({_dtype(array)})" if _is_extended(array) else ""
        lines.append(f'{name} = arrays["{name}"]{view}')
    return "\n".join(lines)


def _arrangement(case: str, evidence: Evidence) -> str:
    """The operands laid in memory as the case says."""
    layout = case_layout(case)
    if layout == CONTIGUOUS:
        return ""
    names = tuple(evidence.operands.arrays())
    return (
        f"\ndef arranged(array):  # the memory layout {layout!r}\n    return {_ARRANGED[layout]}\n\n\n"
        f"{', '.join(names)} = map(arranged, ({', '.join(names)}))\n"
    )


_ARRANGED = {
    "channels_last": "np.moveaxis(np.array(np.moveaxis(array, 1, -1), order='C'), -1, 1) if array.ndim > 2 else array",
    "fortran": "np.array(array, order='F')",
    "strided": "np.stack((array, np.full_like(array, 77)), -1).reshape(*array.shape[:-1], -1)[..., ::2]",
    "reversed": "np.flip(np.array(np.flip(array), order='C'))",
    "offset": "np.concatenate((array.ravel()[:1], array.ravel()))[array.size > 0 :].reshape(array.shape)",
    "readonly": "np.broadcast_to(array, array.shape)",
    BROADCAST: "np.broadcast_to(array[..., :1], array.shape)",
}


def _literal(array: NDArray[Any]) -> str:
    if array.size == 0:
        return f"np.zeros({array.shape}, dtype={_dtype(array)})"
    nested = _nested(array, 4)
    if "\n" not in nested and len(nested) < _WIDTH - 40:
        return f"np.array({nested}, dtype={_dtype(array)})"
    return f"np.array(\n    {nested},\n    dtype={_dtype(array)},\n)"


def _nested(array: NDArray[Any], indent: int) -> str:
    if array.ndim == 0:
        return _number(array[()])
    if array.ndim == 1:
        row = f"[{', '.join(_number(value) for value in array)}]"
        return row if len(row) + indent <= _WIDTH else _wrapped(row, indent)
    separator = ",\n" + " " * (indent + 1)
    return f"[{separator.join(_nested(part, indent + 1) for part in array)}]"


def _wrapped(row: str, indent: int) -> str:
    pad = " " * (indent + 1)
    lines = textwrap.wrap(row[1:-1], _WIDTH - indent, break_long_words=False, break_on_hyphens=False)
    return "[\n" + "\n".join(pad + line for line in lines) + "]"


def _number(value: Any) -> str:
    if isinstance(value, (bool, np.bool_)):
        return str(bool(value))
    if isinstance(value, (int, np.integer)):
        return str(int(value))
    if isinstance(value, (complex, np.complexfloating)):
        return repr(complex(value))
    real = float(value)
    if not np.isfinite(real):
        return f"{'-' if real < 0 else ''}np.{'nan' if np.isnan(real) else 'inf'}"
    if real.is_integer() and abs(real) < _EXACT_INTEGERS and not (real == 0 and np.signbit(real)):
        return str(int(real))
    return repr(real)


def _is_extended(array: NDArray[Any]) -> bool:
    return array.dtype.type.__module__.partition(".")[0] == "ml_dtypes"


def _dtype(array: NDArray[Any]) -> str:
    name = "bool_" if array.dtype.name == "bool" else array.dtype.name
    return f"{'ml_dtypes' if _is_extended(array) else 'np'}.{name}"


def _preparation(mismatch: Mismatch, evidence: Evidence) -> str:
    reason = " ".join(clean(mismatch.verdict.reason).split())
    match mismatch.verdict.outcome:
        case Outcome.CRASHED:
            text = "This call is expected to crash the process."
        case Outcome.HUNG:
            text = "This call is expected not to return; stop it with Ctrl-C."
        case Outcome.REFUSED:
            text = "This call is expected to raise an error, although the case is legal."
        case _ if evidence.wrong.any():
            return ""
        case _:
            operands = ", ".join(f'"{name}": {name}' for name in evidence.operands.arrays())
            return f"operands = {{{operands}}}\nbefore = {{name: array.copy() for name, array in operands.items()}}\n"
    return f"print({text!r}, {reason!r}, flush=True)\n"


def _comparison(mismatch: Mismatch, evidence: Evidence) -> str:
    if mismatch.verdict.outcome is not Outcome.VIOLATES:
        return 'print("not reproduced: the call returned")\n'
    if not evidence.wrong.any():
        reason = " ".join(clean(mismatch.verdict.reason).split())
        dtype = result_dtype(str(evidence.operands.input.dtype))
        shape = "expected.shape[:-1]" if dtype in COMPONENTS else "expected.shape"
        return _FORM.replace("DTYPE", repr(dtype)).replace("REASON", repr(reason)).replace("SHAPE", shape)
    if _is_exact(evidence):
        wrong, bound = "~((got == expected) | (np.isnan(got) & np.isnan(expected)))", "0 (exact equality)"
    else:
        wrong = "~((error <= bound) | (got == expected) | (np.isnan(got) & np.isnan(expected)))"
        bound = "{bound[index]!s}"
    complex_ = evidence.operands.input.dtype.name in COMPONENTS
    got = "np.stack((actual.real, actual.imag), axis=-1)" if complex_ else "actual"
    return _VALUES.replace("WRONG", wrong).replace("BOUND", bound).replace("GOT", got)


_AMONG_CALLS = """\
import threading


def call(NAMES):
    CALL
    return np.asarray(actual).tobytes()


given = {name: globals()[name] for name in "NAMES".split(", ")}
first, found = call(**given), []


def repeat(times, what):
    for _ in range(times):
        if call(**given) != first:
            found.append(what)


print("Made again, then by two threads at once; a crash shows itself.", flush=True)
repeat(10, "made again")
threads = [threading.Thread(target=repeat, args=(200, "made beside another thread")) for _ in range(2)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
if found:
    print(f"reproduced: the result is another one when the call is {found[0]}")
    sys.exit(1)
print("not reproduced by this call alone: convoracle replay makes others between, too")
"""
_OWN_CALLS = """\
# The check makes calls of its own, of which this may be the first: convoracle replay makes and judges them all.
print(np.asarray(actual))
"""
_VALUES = """\
actual = np.asarray(actual)
got = GOT.astype(np.float64)
if got.shape != expected.shape:
    print(f"reproduced: the result has shape {got.shape}, but should have {expected.shape}")
    sys.exit(1)
with np.errstate(all="ignore"):
    error = np.abs(got - expected)
    wrong = WRONG
for index in map(tuple, np.argwhere(wrong)[:20].tolist()):
    print(f"at {list(index)}: actual {got[index]!s}, expected {expected[index]!s}, error {error[index]!s}, bound BOUND")
if wrong.any():
    print(f"reproduced: {wrong.sum()} of {wrong.size} elements are wrong")
    sys.exit(1)
print(f"not reproduced: all {wrong.size} elements are right")
"""

_FORM = """\
# The values were not what was wrong, but the form of the result or what was done to the operands.
print("found:", REASON)
changed = [name for name, array in operands.items() if not np.array_equal(array, before[name])]
problems = [f"changed its operand {name}" for name in changed]
if not isinstance(actual, np.ndarray):
    problems.append(f"returned a {type(actual).__name__}")
else:
    shared = [name for name, array in operands.items() if np.shares_memory(actual, array)]
    problems += [f"returned memory of its operand {name}" for name in shared]
    if actual.shape != SHAPE:
        problems.append(f"returned shape {actual.shape}, but should be {SHAPE}")
    if str(actual.dtype) != DTYPE:
        problems.append(f"returned dtype {actual.dtype}, but should be {DTYPE}")
if problems:
    print("reproduced:", "; ".join(problems))
    sys.exit(1)
print("not reproduced: the result has the right form")
"""
