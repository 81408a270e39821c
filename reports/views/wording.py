"""The words that the terminal, the page and junit.xml share: numbers, places, geometries and sentences."""

from __future__ import annotations

import math
import unicodedata

from ...oracle.errors import InvalidArgument
from ...oracle.judging.verdict import Discrepancy, Outcome
from ...oracle.operands.data import Numbers
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.layouts import BROADCAST, CONTIGUOUS
from ..records.evidence import case_geometry, case_layout
from ..records.record import CandidateInfo, Mismatch

SYMBOLS = {
    Outcome.CONFORMS: "✓",
    Outcome.VIOLATES: "✗",
    Outcome.UNDECIDED: "?",
    Outcome.UNSUPPORTED: "–",
    Outcome.REFUSED: "!",
    Outcome.CRASHED: "†",
    Outcome.HUNG: "∞",
}
_LAYOUTS = {
    CONTIGUOUS: "",
    "channels_last": "channels last in memory",
    "fortran": "axes in reverse order in memory",
    "strided": "every other element of memory",
    "reversed": "backwards in memory",
    "offset": "one element past a boundary of 64 bytes",
    "readonly": "read-only",
    BROADCAST: "one element in memory for many",
}
_KEPT_CONTROLS = "\n\t"
_ESCAPED, _MARKS, _MOST_MARKS = ("Cc", "Cf", "Cs", "Zl", "Zp"), ("Mn", "Me"), 6


def clean(text: str) -> str:
    """The text with control, direction-changing and unpaired surrogate characters written as escapes.

    So are the marks upon one letter after the first few, which would cover the lines above.
    """
    if text.isascii() and text.isprintable():
        return text
    kept, marks = list[str](), 0
    for char in text:
        category = unicodedata.category(char)
        marks = marks + 1 if category in _MARKS else 0
        is_kept = char in _KEPT_CONTROLS or (category not in _ESCAPED and marks <= _MOST_MARKS)
        kept.append(char if is_kept else char.encode("unicode_escape", "backslashreplace").decode())
    return "".join(kept)


def number(value: float) -> str:
    """A number as short as it can be read: integers without a point, others to nine digits."""
    if math.isfinite(value) and value == int(value) and abs(value) < 2**53:
        return "-0" if value == 0 and math.copysign(1, value) < 0 else str(int(value))
    return f"{value:.9g}"


def number_pair(first: float, second: float) -> tuple[str, str]:
    """Two numbers, with all digits where nine do not tell them apart."""
    pair = number(first), number(second)
    if pair[0] == pair[1] and first != second:
        return f"{first:.17g}", f"{second:.17g}"
    return pair


def rounded(value: float) -> str:
    """A measured number: integers up to a million whole, others to three digits."""
    return number(value) if abs(value) <= 1e6 and value == int(value) else f"{value:.3g}"


def duration(seconds: float) -> str:
    """A time that people read: 0.4 s, 12 s, 3 min 5 s, 2 h 10 min."""
    if 0 < seconds < 0.1:
        return f"{1000 * seconds:.0f} ms"
    if seconds < 10:
        return f"{seconds:.1f} s"
    if seconds < 60:
        return f"{seconds:.0f} s"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes < 60 else f"{minutes // 60} h {minutes % 60} min"


def plural(count: int, noun: str, many: str = "") -> str:
    """A count with its noun: 1 case, 2 cases, 12,000 cases."""
    return f"{count:,} {noun if count == 1 else many or noun + 's'}"


def position(index: tuple[int, ...]) -> str:
    """An index: [3, 0, 1, 2]."""
    return f"[{', '.join(map(str, index))}]"


def region(ranges: tuple[tuple[int, int], ...]) -> str:
    """A box of indices: [0:1, 2:5]."""
    return f"[{', '.join(f'{low}:{high}' for low, high in ranges)}]"


def geometry_facts(geometry: ConvGeometry) -> tuple[tuple[str, str], ...]:
    """Each size of a geometry by its plain name, and what else it has that most have not."""
    paddings = [str(low) if low == high else f"{low} before, {high} after" for low, high in geometry.padding]
    same = len(set(geometry.padding)) == 1
    symmetric = all(low == high for low, high in geometry.padding)
    seldom = {
        "kind": "transposed" if geometry.transposed else "",
        "output padding": _axes(geometry.output_padding) if any(geometry.output_padding) else "",
        "padding mode": geometry.padding_mode if geometry.padding_mode != "zeros" else "",
    }
    return (
        *((name, value) for name, value in seldom.items() if value),
        ("batch", str(geometry.batch)),
        ("channels", f"{geometry.in_channels} → {geometry.out_channels}"),
        ("input size", _axes(geometry.size)),
        ("kernel", _axes(geometry.kernel)),
        ("stride", _axes(geometry.stride)),
        ("padding", paddings[0] if same else (" × " if symmetric else "; ").join(paddings)),
        ("dilation", _axes(geometry.dilation)),
        ("groups", str(geometry.groups)),
        ("output size", _axes(geometry.output_size)),
    )


def describe_geometry(geometry: ConvGeometry) -> str:
    """One line: batch 2, 3 -> 4 channels, input 7 x 5, kernel 3 x 3, stride 2 x 1."""
    facts = dict(geometry_facts(geometry))
    parts = ["transposed"] if geometry.transposed else []
    parts += [
        f"batch {geometry.batch}",
        f"{geometry.in_channels} -> {geometry.out_channels} channels",
        f"input {facts['input size']}",
        f"kernel {facts['kernel']}",
    ]
    if set(geometry.stride) != {1}:
        parts.append(f"stride {facts['stride']}")
    if any(side for sides in geometry.padding for side in sides):
        parts.append(f"padding {facts['padding']}")
    if geometry.padding_mode != "zeros":
        parts.append(f"padding mode {geometry.padding_mode}")
    if any(geometry.output_padding):
        parts.append(f"output padding {facts['output padding']}")
    if set(geometry.dilation) != {1}:
        parts.append(f"dilation {facts['dilation']}")
    if geometry.groups != 1:
        parts.append(f"groups {geometry.groups}")
    return ", ".join(parts).replace(" × ", " x ")


def describe_layout(layout: str) -> str:
    """What the operands' layout in memory is: channels last in memory; empty of contiguous ones."""
    return _LAYOUTS.get(layout, layout)


def case_line(case: str) -> str:
    """The case's id, with its geometry and its layout in words where it can be read."""
    try:
        words = [describe_geometry(case_geometry(case)), describe_layout(case_layout(case))]
    except InvalidArgument:
        return clean(case)
    return f"{clean(case)} ({', '.join(filter(None, words))})"


def candidate_name(name: str, candidate: CandidateInfo | None) -> str:
    """Name and version: torch 2.13.0."""
    return clean(f"{name} {candidate.version}" if candidate is not None and candidate.version else name)


def headline(mismatch: Mismatch, candidate: CandidateInfo | None = None) -> str:
    """What happened, in one line without a full stop."""
    who = f"{clean(mismatch.subject)} of {candidate_name(mismatch.candidate, candidate)}"
    match mismatch.verdict.outcome:
        case Outcome.VIOLATES:
            if _is_exact(mismatch):
                return f"{who} violates exactness (what is never rounded is equal)"
            return f"{who} violates {clean(mismatch.check)}{f' ({clean(mismatch.title)})' if mismatch.title else ''}"
        case Outcome.REFUSED:
            return f"{who} raises an error on a legal case"
        case Outcome.CRASHED:
            return f"{who} crashes its process"
        case Outcome.HUNG:
            return f"{who} gives no answer within the time limit"
        case outcome:
            return f"{who} is {outcome} for {clean(mismatch.check)}"


def _is_exact(mismatch: Mismatch) -> bool:
    """Whether it was a question on reals that found a wrong number, but of integers, or of a sum of nothing."""
    worst = mismatch.verdict.worst
    return mismatch.numbers is Numbers.REALS and worst is not None and worst.bound == 0


def excess(worst: Discrepancy) -> str:
    """How far the error is beyond the bound: (3.3x over); empty where the bound is 0."""
    over = worst.error / worst.bound if worst.bound > 0 else 0.0
    return f" ({over:.3g}x over)" if 1 < over < math.inf else ""


def audited_sentence(count: int) -> str:
    """How many exact results the oracle audited."""
    return f"{plural(count, 'exact result')} computed again term by term"


def resolution_sentence(resolution: float) -> str:
    """What a resolution means, in one clause."""
    if resolution < 1:
        return "one missing term would have been seen anywhere"
    return "a single missing term could have gone unseen"


def _axes(sizes: tuple[int, ...]) -> str:
    return " × ".join(map(str, sizes))
