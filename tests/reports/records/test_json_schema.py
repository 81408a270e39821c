"""The published schemas: made of the code, true of what is written, and able to refuse."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from convoracle.reports.records.json_schema import PUBLISHED, json_schema, publish, schema_text
from convoracle.reports.records.serialization import Finished, StoredMismatch, kind_name, to_json
from convoracle.reports.records.summary import Summary

FOLDER = Path(__file__).parents[3] / "docs" / "schemas"


def problems(kind: type[Any], document: Any) -> list[str]:
    jsonschema.Draft202012Validator.check_schema(json_schema(kind))
    return [error.message for error in jsonschema.Draft202012Validator(json_schema(kind)).iter_errors(document)]


@pytest.mark.parametrize("kind", PUBLISHED)
def test_what_is_published_is_made_of_the_code(kind: type[Any], tmp_path: Path) -> None:
    published = FOLDER / f"{kind_name(kind)}.json"
    assert published.read_text("ascii") == schema_text(kind), (
        "python -m convoracle.reports.records.json_schema docs/schemas"
    )
    publish(tmp_path)
    assert {path.name for path in FOLDER.iterdir()} == {path.name for path in tmp_path.iterdir()}


def test_the_documents_of_a_run_are_valid(writer, record, flipped):
    writer.append(record)
    home = writer.add_mismatch(*flipped)
    writer.finish(1.0, interrupted=False)
    paths = (writer.folder / "run.json", home / "mismatch.json", writer.folder / "finished.json")
    for kind, path in zip(PUBLISHED, paths, strict=False):
        body = json.loads(path.read_text())
        assert problems(kind, body) == []
        assert problems(kind, {name: value for name, value in body.items() if name != "schema"})
        assert problems(kind, {**body, "more": 1})
    mismatch = json.loads(paths[1].read_text())
    mismatch["mismatch"]["verdict"]["outcome"] = "wrong"
    assert problems(StoredMismatch, mismatch)


def test_numbers_that_json_has_not_are_words_and_a_pair_has_two() -> None:
    body = json.loads(to_json(Summary(True, (), "", "", "", 0, float("inf"), True, 0, (), ())))
    assert (body["seconds"], problems(Summary, body)) == ("inf", [])
    assert problems(Summary, {**body, "seconds": "soon"})
    defined = json_schema(PUBLISHED[0])["$defs"]["CandidateInfo"]["properties"]
    validator = jsonschema.Draft202012Validator(defined["accumulators"])
    assert [validator.is_valid([pair]) for pair in (["a", "b"], ["a"], ["a", "b", "c"], ["a", 1])] == [
        True, False, False, False
    ]  # fmt: skip


def test_what_a_field_is_stands_in_the_schema() -> None:
    schema = json_schema(Finished)
    assert schema["$id"].startswith("urn:convoracle:finished:")
    compared = schema["$defs"]["Share"]["properties"]
    assert compared["asked"]["description"] == compared["compared"]["description"] == "Questions."
