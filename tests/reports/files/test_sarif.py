"""sarif.json: valid by the official schema, the same fingerprints anywhere, and what is known is suppressed."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from convoracle.oracle.judging.verdict import Outcome
from convoracle.reports import CandidateInfo, Mismatch, Run, RunInfo, sarif, write_sarif
from convoracle.reports.records.baseline import Held, Known
from convoracle.reports.records.certified import CertificateRow, Certificates
from convoracle.reports.records.totals import Beside, totals

from ...published import published_schema

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
CASE = "n1c1k1i4f2/float32/uniform/0"
SOURCE = "import numpy as np\n\n\nclass Mine:\n    def forward(self, x, w):\n        return x\n"


@pytest.fixture
def mismatch(make_mismatch: Callable[..., Any]) -> Mismatch:
    found, _ = make_mismatch(CASE, "forward", ((0, 0, 1),), "my kernels.py:Mine")
    return replace(found, id="mine-forward-1", diagnosis=("It is as if rotated.",), diagnosed=("kernel-rotated",))


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, info: RunInfo) -> Callable[..., Run]:
    """A run in a folder with a file of one's own in it, which the runner of a CI server may have checked out."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("GITHUB_WORKSPACE", raising=False)
    (tmp_path / "my kernels.py").write_text(SOURCE)
    own = CandidateInfo("my kernels.py:Mine", "", f"{tmp_path / 'my kernels.py'}:Mine")
    info = replace(info, candidates=(*info.candidates, own), environment=(("convoracle", "0.1.0"),))
    return lambda *mismatches: Run(info, totals([], info.checks), mismatches, finished=True)


def valid(text: str) -> Any:
    body = json.loads(text)
    validator = jsonschema.validators.validator_for(published_schema(SCHEMA))(published_schema(SCHEMA))
    assert [error.message for error in validator.iter_errors(body)] == []
    (only,) = body["runs"]
    return only


def test_a_mismatch_is_a_result_with_its_rule_its_place_and_what_is_known_of_it(
    run: Callable[..., Run], mismatch: Mismatch
) -> None:
    told = valid(sarif(run(mismatch)))
    driver = told["tool"]["driver"]
    assert (driver["name"], driver["version"]) == ("convoracle", "0.1.0")
    (result,) = told["results"]
    rule = driver["rules"][result["ruleIndex"]]
    assert (result["ruleId"], rule["id"], rule["fullDescription"]["text"]) == (
        "structure", "structure", "Are these the right terms?"
    )  # fmt: skip
    assert "Are these the right terms?" in rule["help"]["text"]
    assert result["message"]["text"] == (
        f"forward of my kernels.py:Mine violates structure (exact equality). It is as if rotated. Smallest case: {CASE}"
    )
    (place,) = result["locations"]
    assert place["physicalLocation"] == {
        "artifactLocation": {"uri": "my%20kernels.py"}, "region": {"startLine": 5}
    }  # fmt: skip
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "my kernels.py:Mine/forward"
    assert told["invocations"][0]["startTimeUtc"] == "2026-11-24T06:00:00Z"
    assert "suppressions" not in result


def test_every_check_is_a_rule_and_a_run_without_mismatches_has_no_result(run: Callable[..., Run]) -> None:
    told = valid(sarif(run()))
    assert told["results"] == []
    assert [rule["id"] for rule in told["tool"]["driver"]["rules"]] == [
        "structure", "precision", "adjoint", "relation", "illegal"
    ]  # fmt: skip


def test_a_layer_that_is_wrong_is_a_result_and_one_that_is_proven_is_none(
    run: Callable[..., Run], mismatch: Mismatch
) -> None:
    wrong = CertificateRow(
        "resnet50:conv1", "forward", "float32", CASE, Outcome.VIOLATES, "violates: the element at [0] is 1", 9, None,
        0.1, 0.2, "convoracle check mine",
    )  # fmt: skip
    proven = replace(wrong, layer="resnet50:conv2", outcome=Outcome.CONFORMS, miss=2.0**-41)
    certificates = Certificates(mismatch.candidate, "", "convoracle certify", (proven, wrong))
    found = replace(run(mismatch), beside=Beside(certificates=(certificates,)))
    told = valid(sarif(found, Held((mismatch,), ())))
    of_mismatch, of_layer = told["results"]
    assert of_mismatch["ruleId"] == "structure"
    assert told["tool"]["driver"]["rules"][of_layer["ruleIndex"]]["id"] == of_layer["ruleId"] == "layer"
    assert of_layer["message"]["text"] == (
        "my kernels.py:Mine, resnet50:conv1 forward float32: violates: the element at [0] is 1. "
        "A small case of it: convoracle check mine"
    )
    assert of_layer["locations"][0]["physicalLocation"]["region"] == {"startLine": 5}
    again = replace(wrong, case=CASE.replace("/0", "/7"), told="violates otherwise")
    other = valid(sarif(replace(found, beside=Beside(certificates=(replace(certificates, rows=(again,)),)))))
    assert other["results"][1]["partialFingerprints"] == of_layer["partialFingerprints"]


def test_a_library_has_a_name_and_no_file(run: Callable[..., Run], mismatch: Mismatch) -> None:
    (result,) = valid(sarif(run(replace(mismatch, candidate="torch"))))["results"]
    assert result["locations"] == [{"logicalLocations": [{"fullyQualifiedName": "torch/forward", "kind": "function"}]}]


def test_what_is_known_is_suppressed_with_its_reason_and_the_rest_is_not(
    run: Callable[..., Run], mismatch: Mismatch
) -> None:
    other = replace(mismatch, id="mine-forward-2", subject="jvp")
    known = Known(mismatch.candidate, "it is being mended", link="https://example.org/1")
    told = valid(sarif(run(other, mismatch), Held((other,), ((known, (mismatch,)),))))
    assert [each["suppressions"] for each in told["results"]] == [
        [],
        [{"kind": "external", "status": "accepted", "justification": "it is being mended (https://example.org/1)"}],
    ]


def test_the_fingerprint_is_the_same_elsewhere_and_of_another_seed_and_differs_between_faults(
    run: Callable[..., Run], mismatch: Mismatch, tmp_path: Path
) -> None:
    def fingerprint(*mismatches: Mismatch) -> str:
        return valid(sarif(run(*mismatches)))["results"][-1]["partialFingerprints"]["convoracle/v1"]

    first = fingerprint(mismatch)
    again = replace(mismatch, id="mine-forward-7", case="n1c1k1i5f2/float32/uniform/9", needs=mismatch.needs[::-1])
    assert fingerprint(replace(mismatch, subject="jvp"), again) == first
    (tmp_path / "my kernels.py").unlink()
    assert fingerprint(mismatch) == first
    others = (
        {"candidate": "torch"}, {"check": "relation:stride"}, {"subject": "jvp"}, {"needs": ("padding",)},
        {"diagnosed": ()}, {"history": "right alone"}, {"verdict": replace(mismatch.verdict, cause="dtype")},
    )  # fmt: skip
    assert len({first, *(fingerprint(replace(mismatch, **other)) for other in others)}) == len(others) + 1


def test_what_a_candidate_says_stays_text(run: Callable[..., Run], mismatch: Mismatch, tmp_path: Path) -> None:
    hostile = replace(mismatch, diagnosis=("\ud800\x1b[31m</script>",), check="of another:run")
    path = write_sarif(run(hostile), tmp_path)
    (result,) = valid(path.read_text("ascii"))["results"]
    assert r"\ud800\x1b[31m</script>" in result["message"]["text"]
    assert result["ruleId"] == "of another"


def test_the_schema_can_refuse() -> None:
    body = {"version": "2.1.0", "runs": [{"tool": {"driver": {"name": "x"}}, "results": [{"level": "fatal"}]}]}
    with pytest.raises(AssertionError):
        valid(json.dumps(body))
