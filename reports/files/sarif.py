"""sarif.json for servers that show findings beside the code: mismatches and wrong layers, in SARIF 2.1.0."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ..records.baseline import Held, Known
from ..records.certified import CertificateRow, wrong_rows
from ..records.record import CandidateInfo, CheckInfo, Mismatch, kind_of
from ..records.totals import Run
from ..views.definition import definition
from ..views.fingerprint import fingerprint, layer_fingerprint
from ..views.wording import clean, headline
from .layout import MISMATCHES, SARIF

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
_FINGERPRINT = "convoracle/v1"
_TO_GO_ON = "convoracle explain RUN/ID tells all that is known of a mismatch, convoracle replay asks it again."

_LAYER = "layer"
_LAYER_MEANING = (
    "Is the result for a whole layer right? It is proven on integers by random combinations of its elements, and on "
    "real numbers each element of some planes is held to the bound of its rounding."
)

Entry = dict[str, Any]


def sarif(run: Run, against: Held | None = None) -> str:
    """The JSON text: a rule for each check that the run had, a result for each mismatch and each layer that is wrong.

    Parameters
    ----------
    run : Run
    against : Held, optional
        What is known of the mismatches; what a deviation speaks of is suppressed, with its reason.
    """
    rules = [_rule(check) for check in _checks(run)]
    places = {rule["id"]: place for place, rule in enumerate(rules)}
    candidates = {candidate.name: candidate for candidate in run.info.candidates}
    results = [_result(mismatch, candidates.get(mismatch.candidate), places) for mismatch in run.mismatches]
    layers = wrong_rows(run.beside.certificates)
    of_layers = [_of_layer(each.candidate, row, candidates.get(each.candidate), len(rules)) for each, row in layers]
    if layers:
        rules.append(_rule(CheckInfo(_LAYER, _LAYER_MEANING)))
    if against is not None:
        known = {mismatch.id: each for each, mismatches in against.known for mismatch in mismatches}
        for mismatch, result in zip(run.mismatches, results, strict=True):
            result["suppressions"] = [_suppression(known[mismatch.id])] if mismatch.id in known else []
        for result in of_layers:
            result["suppressions"] = []
    driver = {"name": "convoracle", "version": dict(run.info.environment).get("convoracle", ""), "rules": rules}
    body = {
        "tool": {"driver": {name: value for name, value in driver.items() if value != ""}},
        "invocations": [_invocation(run)],
        "columnKind": "unicodeCodePoints",
        "results": [*results, *of_layers],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [body]}, indent=2) + "\n"


def write_sarif(run: Run, folder: str | os.PathLike[str], against: Held | None = None) -> Path:
    """Write ``sarif.json`` into the run's folder and return its path."""
    path = Path(folder) / SARIF
    path.write_text(sarif(run, against), "ascii")
    return path


def _checks(run: Run) -> tuple[CheckInfo, ...]:
    """Those of the run, and what an older run says nothing of although a mismatch names it."""
    named = {check.name: check for check in run.info.checks}
    for mismatch in run.mismatches:
        kind = kind_of(mismatch.check)
        named.setdefault(kind, CheckInfo(kind, mismatch.title))
    return tuple(named.values())


def _rule(check: CheckInfo) -> Entry:
    meaning = clean(check.meaning) or f"The check {clean(check.name)}."
    return {
        "id": clean(check.name),
        "shortDescription": {"text": _first_sentence(meaning)},
        "fullDescription": {"text": meaning},
        "help": {"text": f"{meaning}\n\n{_TO_GO_ON}"},
        "defaultConfiguration": {"level": "error"},
    }


def _first_sentence(text: str) -> str:
    ends = [place for mark in (". ", "? ") if (place := text.find(mark)) >= 0]
    return text[: min(ends) + 1] if ends else text


def _result(mismatch: Mismatch, candidate: CandidateInfo | None, places: Mapping[str, int]) -> Entry:
    rule = clean(kind_of(mismatch.check))
    sentences = (headline(mismatch, candidate), *map(clean, mismatch.diagnosis))
    told = ". ".join(each.rstrip(".") for each in sentences)
    facts = {"case": mismatch.case, "outcome": str(mismatch.verdict.outcome), "needs": list(map(clean, mismatch.needs))}
    return {
        "ruleId": rule,
        "ruleIndex": places[rule],
        "level": "error",
        "message": {"text": f"{told}. Smallest case: {clean(mismatch.case)}"},
        "locations": [_location(mismatch.candidate, mismatch.subject, candidate)],
        "partialFingerprints": {_FINGERPRINT: fingerprint(mismatch)},
        "properties": {**facts, "mismatch": f"{MISMATCHES}/{clean(mismatch.id)}"},
    }


def _of_layer(name: str, row: CertificateRow, candidate: CandidateInfo | None, place: int) -> Entry:
    told = f"{clean(name)}, {clean(row.name)}: {clean(row.told)}"
    again = f". A small case of it: {clean(row.small_case)}" if row.small_case else ""
    return {
        "ruleId": _LAYER,
        "ruleIndex": place,
        "level": "error",
        "message": {"text": f"{told}{again}"},
        "locations": [_location(name, row.subject, candidate)],
        "partialFingerprints": {_FINGERPRINT: layer_fingerprint(name, row)},
        "properties": {"case": clean(row.case), "outcome": str(row.outcome), "layer": clean(row.layer)},
    }


def _location(name: str, subject: str, candidate: CandidateInfo | None) -> Entry:
    """File and line of a candidate of one's own; by name only of a library's."""
    full = f"{clean(name)}/{clean(subject)}"
    location: Entry = {"logicalLocations": [{"fullyQualifiedName": full, "kind": "function"}]}
    found = None if candidate is None else definition(candidate, subject)
    if found is not None:
        path = found.relative()
        uri = path.as_uri() if path.is_absolute() else _relative_uri(path)
        location["physicalLocation"] = {"artifactLocation": {"uri": uri}, "region": {"startLine": found.line}}
    return location


def _relative_uri(path: Path) -> str:
    root = Path("/")
    return (root / path).as_uri().removeprefix(root.as_uri())


def _suppression(known: Known) -> Entry:
    link = f" ({clean(known.link)})" if known.link else ""
    return {"kind": "external", "status": "accepted", "justification": f"{clean(known.reason)}{link}"}


def _invocation(run: Run) -> Entry:
    told: Entry = {"executionSuccessful": run.finished, "commandLine": clean(run.info.command)}
    try:
        started = datetime.fromisoformat(run.info.started)
    except ValueError:
        return told
    return {**told, "startTimeUtc": started.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")}
