"""The JSON documents of a run: written with their schema version, read back with strict validation."""

from __future__ import annotations

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, NoReturn, TypeVar

from ...oracle.judging.verdict import Verdict
from ..errors import InvalidRecord
from .campaign_state import CampaignState
from .certified import Certificates
from .codec import Step, WrongField, codec, shown
from .compared import NOTHING_COMPARED, Compared
from .identity import IdentityCards
from .instances import Instance
from .locating import locate
from .migration import migrate
from .naming import check_id
from .record import OLDEST_SCHEMA, SCHEMA_VERSION, CaseRecord, CheckResult, Mismatch, RunInfo
from .stopped import Stopped
from .summary import Summary

T = TypeVar("T")

MAX_DOCUMENT_BYTES = 16 * 2**20
MAX_TOLD = 2000
"""Most characters kept of a text that a candidate can make as long as it likes, such as an error's message."""
MOST_PARTS = 1_000_000
"""Of a run."""
_MAX_DIGITS = 40


@dataclass(frozen=True, slots=True)
class ArrayFacts:
    """What the file of arrays holds under one name; `dtype` is the array's own, also where its bits are stored."""

    name: str
    dtype: str
    shape: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class StoredMismatch:
    """The document ``mismatch.json``: a mismatch and what belongs to its arrays."""

    mismatch: Mismatch
    learning_rate: float
    arrays: tuple[ArrayFacts, ...]


@dataclass(frozen=True, slots=True)
class Finished:
    """The document ``finished.json``, written when a run ends."""

    seconds: float
    interrupted: bool
    compared: Compared = NOTHING_COMPARED
    audited: int = 0
    stopped: tuple[Stopped, ...] = ()


@dataclass(frozen=True, slots=True, order=True)
class SupportedEntry:
    """A pass of a candidate in a dtype and a setting, in which it was compared and conforms."""

    candidate: str
    subject: str
    dtype: str
    setting: str


@dataclass(frozen=True, slots=True)
class Supported:
    """The document of what candidates support, kept to hold a later run to it."""

    entries: tuple[SupportedEntry, ...]


@dataclass(frozen=True, slots=True)
class RecordsHeader:
    """The first line of the file of records: the names of what its arrays hold."""

    plain: tuple[str, ...]
    record: tuple[str, ...]


Document = (
    CaseRecord
    | RunInfo
    | RecordsHeader
    | StoredMismatch
    | Instance
    | CampaignState
    | Finished
    | Supported
    | Summary
    | IdentityCards
    | Certificates
)


def to_json(document: Document, *, indent: int | None = None) -> str:
    """The JSON text of a document, ASCII only; on one line unless `indent` is given.

    What a candidate said at greater length than `MAX_TOLD` is cut, so that the document can be read back.
    """
    kind = type(document)
    body = {"schema": SCHEMA_VERSION, "document": _KINDS[kind].name, **codec(kind).encode(_shortened(document))}
    separators = (",", ":") if indent is None else None
    return json.dumps(body, indent=indent, separators=separators, allow_nan=False)


def from_json(kind: type[T], data: bytes, *, file: str, line: int = 1) -> T:
    """Read one document of the class `kind` from UTF-8 JSON.

    Parameters
    ----------
    data : bytes
        The whole document.
    file : str
        Name of the file, for the error.
    line : int
        Line of the file on which `data` begins.

    Raises
    ------
    InvalidRecord
        With file, line, column and field, if the text is too large, is not
        JSON, is of another kind or schema version, or a field is
        missing, unknown, of the wrong type or outside its range.
    """
    return read_json(partial(decode, kind), data, file=file, line=line)


def read_json(decoded: Callable[[Any], T], data: bytes, *, file: str, line: int) -> T:
    """What `decoded` makes of JSON that was read strictly; it sees to the range of numbers where there is no object.

    Raises
    ------
    InvalidRecord
        As `from_json` does, also of a `WrongField` that `decoded` raises.
    """
    text = ""
    try:
        text = _text(data)
        return decoded((_DECODER if "{" in text else _ARRAY_DECODER).decode(text))
    except WrongField as error:
        place, field, problem = locate(text, error.path), error.field, error.problem
    except json.JSONDecodeError as error:
        place, field, problem = error.pos, "", f"is not JSON: {error.msg}"
    except RecursionError:
        place, field, problem = 0, "", "is nested too deeply"
    except ValueError as error:
        place, field, problem = 0, "", f"holds a number that is not read: {error}"
    row = text.count("\n", 0, place)
    column = place - (text.rfind("\n", 0, place) + 1) + 1
    raise InvalidRecord(problem, file=file, line=line + row, column=column, field=field)


def kind_name(kind: type[Any]) -> str:
    """What a document of a class says that it is."""
    return _KINDS[kind].name


def _shortened(document: Document) -> object:
    """The document with what candidates said cut to `MAX_TOLD` characters."""
    match document:
        case StoredMismatch(mismatch=mismatch):
            witnesses = tuple(replace(witness, note=_short(witness.note)) for witness in mismatch.witnesses)
            verdict = _short_verdict(mismatch.verdict)
            return replace(document, mismatch=replace(mismatch, verdict=verdict, witnesses=witnesses))
        case Certificates(rows=rows):
            return replace(
                document,
                rows=tuple(replace(row, told=_short(row.told), small_case=_short(row.small_case)) for row in rows),
            )
        case Finished(compared=found):
            reasons = tuple(replace(reason, text=_short(reason.text)) for reason in found.reasons)
            return replace(document, compared=replace(found, reasons=reasons))
        case _:
            return document


def shortened(results: tuple[CheckResult, ...]) -> tuple[CheckResult, ...]:
    """Results with what a candidate said cut to `MAX_TOLD` characters."""
    return tuple(replace(result, verdict=_short_verdict(result.verdict)) for result in results)


def _short_verdict(verdict: Verdict) -> Verdict:
    return replace(verdict, reason=_short(verdict.reason), cause=_short(verdict.cause))


def _short(text: str) -> str:
    return text if len(text) <= MAX_TOLD else text[: MAX_TOLD - 1] + "…"


def _text(data: bytes) -> str:
    if len(data) > MAX_DOCUMENT_BYTES:
        raise WrongField(f"should have at most {MAX_DOCUMENT_BYTES} bytes, not {len(data)}")
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        raise WrongField(f"is not UTF-8 text: byte {data[error.start]:#04x} at offset {error.start}") from None


def decode(kind: type[T], body: Any) -> T:
    """The document of the class `kind` that a JSON value is.

    Raises
    ------
    WrongField
        If it is none, or of a version that is not read.
    """
    if type(body) is not dict:
        raise WrongField(f"should be an object, not {shown(body)}")
    schema = body.pop("schema", None)
    if type(schema) is not int or schema < 1:
        raise WrongField(f"should have a field 'schema' with the version of the format, not {shown(schema)}")
    if schema > SCHEMA_VERSION:
        raise WrongField(
            f"written by a newer convoracle (schema {schema}; this one reads {SCHEMA_VERSION}): upgrade", ("schema",)
        )
    if schema < OLDEST_SCHEMA:
        told = f"written by an older convoracle (schema {schema}; this one reads {OLDEST_SCHEMA} and later)"
        raise WrongField(f"{told}: run the check again, as its command and seed in run.json say", ("schema",))
    name = body.pop("document", None)
    expected = _KINDS[kind]
    if name != expected.name:
        raise WrongField(f"should be a document of the kind {expected.name!r}, not {shown(name)}", ("document",))
    migrate(expected.name, body, schema)
    document: T = codec(kind).decode(body)
    expected.check(document)
    return document


def _check_run(info: RunInfo) -> None:
    plan = info.plan
    _require(min(plan.cases, plan.part_cases) >= 0, "plan", why="should have no number below 0")
    _require(plan.parts <= MOST_PARTS, "plan", "cases", why=f"should make at most {MOST_PARTS:,} parts")


def _check_instance(instance: Instance) -> None:
    try:
        check_id(instance.id)
    except WrongField as error:
        raise error.under("id") from None
    _require(instance.part >= 0, "part", why="should be at least 0")


def _check_case(record: CaseRecord) -> None:
    check_results(record.results, ("results",))


def check_results(results: tuple[CheckResult, ...], path: tuple[Step, ...]) -> None:
    """Refuse results, which stand under `path`, with a number outside its range.

    Raises
    ------
    WrongField
        With the path to it.
    """
    for index, result in enumerate(results):
        _require(math.isfinite(result.seconds) and result.seconds >= 0, *path, index, "seconds", why=_SECONDS)
        _check_verdict(result.verdict, (*path, index, "verdict"))


def _check_stored(stored: StoredMismatch) -> None:
    try:
        check_id(stored.mismatch.id)
    except WrongField as error:
        raise error.under("id").under("mismatch") from None
    _require(stored.mismatch.part >= 0, "mismatch", "part", why="should be at least 0")
    _check_verdict(stored.mismatch.verdict, ("mismatch", "verdict"))
    _require(math.isfinite(stored.learning_rate), "learning_rate", why="should be finite")


def _check_verdict(verdict: Verdict, path: tuple[Step, ...]) -> None:
    _require(verdict.wrong >= 0, *path, "wrong", why="should be at least 0")
    _require(verdict.elements >= 0, *path, "elements", why="should be at least 0")
    ordered = all(0 <= low <= high for low, high in verdict.region or ())
    _require(ordered, *path, "region", why="should hold ranges [low, high] with 0 <= low <= high")
    if verdict.worst is not None:
        _require(min(verdict.worst.index, default=0) >= 0, *path, "worst", "index", why="should be at least 0")
        _require(verdict.worst.bound >= 0, *path, "worst", "bound", why="should be at least 0")


def _check_finished(finished: Finished) -> None:
    _require(math.isfinite(finished.seconds) and finished.seconds >= 0, "seconds", why=_SECONDS)
    _require(finished.audited >= 0, "audited", why="should be at least 0")
    for index, each in enumerate(finished.stopped):
        _require(0 <= each.examined <= each.planned, "stopped", index, why="should have no more examined than planned")
    for index, share in enumerate(finished.compared.shares):
        ordered = 0 <= share.compared <= share.asked and 0 <= share.undecided <= share.verdicts
        _require(ordered, "compared", "shares", index, why="should have no more compared than asked, none below 0")


def _check_certificates(certificates: Certificates) -> None:
    for index, row in enumerate(certificates.rows):
        for name in ("seconds", "own_seconds"):
            seconds = getattr(row, name)
            _require(math.isfinite(seconds) and seconds >= 0, "rows", index, name, why=_SECONDS)
        for name, least in (("elements", 0), ("parts", 1), ("images", 0)):
            _require(getattr(row, name) >= least, "rows", index, name, why=f"should be at least {least}")
        _require(row.miss is None or 0 <= row.miss <= 1, "rows", index, "miss", why="should be a probability")


def _check_nothing(document: RecordsHeader | CampaignState | Supported | Summary | IdentityCards) -> None:
    """These have no rule beyond their types."""


def _require(holds: bool, *path: Step, why: str) -> None:
    if not holds:
        raise WrongField(why, path)


@dataclass(frozen=True, slots=True)
class _Kind:
    name: str
    check: Callable[[Any], None]


_SECONDS = "should be finite and at least 0"
_KINDS: dict[type[Any], _Kind] = {
    CaseRecord: _Kind("case", _check_case),
    RunInfo: _Kind("run", _check_run),
    RecordsHeader: _Kind("records", _check_nothing),
    StoredMismatch: _Kind("mismatch", _check_stored),
    Instance: _Kind("instance", _check_instance),
    CampaignState: _Kind("campaign", _check_nothing),
    Finished: _Kind("finished", _check_finished),
    Supported: _Kind("supported", _check_nothing),
    Summary: _Kind("summary", _check_nothing),
    IdentityCards: _Kind("identity", _check_nothing),
    Certificates: _Kind("certificates", _check_certificates),
}


def _refuse_constant(name: str) -> NoReturn:
    raise WrongField(f"is not JSON: {name} stands where a number should be")


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise WrongField(f"holds the number {shown(text)}, beyond the range of float64")
    return number


def _bounded(text: str) -> int:
    if len(text) > _MAX_DIGITS:
        raise WrongField(f"holds an integer of {len(text)} digits; at most {_MAX_DIGITS} are read")
    return int(text)


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    body = dict(pairs)
    if len(body) != len(pairs):
        raise WrongField(f"holds a field twice in one object: {shown([name for name, _ in pairs])}")
    return body


_DECODER = json.JSONDecoder(
    parse_constant=_refuse_constant, parse_float=_finite, parse_int=_bounded, object_pairs_hook=_unique
)
_ARRAY_DECODER = json.JSONDecoder(parse_constant=_refuse_constant)
"""Calls no function for a number."""
