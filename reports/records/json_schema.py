"""JSON Schema of the documents of a run, made of the dataclasses that they are read into.

``python -m convoracle.reports.records.json_schema docs/schemas`` publishes them.
"""

from __future__ import annotations

import dataclasses
import inspect
import json
import re
import sys
import types
from enum import Enum
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

from .certified import Certificates
from .codec import NON_FINITE
from .identity import IdentityCards
from .record import SCHEMA_VERSION, RunInfo
from .serialization import Finished, StoredMismatch, kind_name
from .summary import Summary

PUBLISHED = (RunInfo, StoredMismatch, Finished, Summary, IdentityCards, Certificates)
_SCALARS: dict[Any, dict[str, Any]] = {
    bool: {"type": "boolean"},
    int: {"type": "integer"},
    float: {"anyOf": [{"type": "number"}, {"enum": list(NON_FINITE)}]},
    str: {"type": "string"},
}
_PARAMETERS = re.compile(r"^(\w[\w, ]*) :.*\n((?:    .*\n?)*)", re.MULTILINE)


def json_schema(kind: type[Any]) -> dict[str, Any]:
    """The schema of the document that a dataclass is written as: its types, not the ranges of its numbers."""
    definitions: dict[str, Any] = {}
    own = _object(kind, definitions)
    name = kind_name(kind)
    head = {"schema": {"const": SCHEMA_VERSION}, "document": {"const": name}}
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:convoracle:{name}:{SCHEMA_VERSION}",
        **own,
        "properties": {**head, **own["properties"]},
        "required": [*head, *own["required"]],
        "$defs": definitions,
    }


def schema_text(kind: type[Any]) -> str:
    """The text of a published schema."""
    return json.dumps(json_schema(kind), indent=2) + "\n"


def _schema(hint: Any, definitions: dict[str, Any]) -> dict[str, Any]:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if isinstance(hint, type) and issubclass(hint, Enum):
        return {"enum": [member.value for member in hint]}
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    arguments = get_args(hint)
    if get_origin(hint) is types.UnionType:
        return {"anyOf": [_schema(arguments[0], definitions), {"type": "null"}]}
    if arguments[-1] is Ellipsis:
        return {"type": "array", "items": _schema(arguments[0], definitions)}
    entries = [_schema(each, definitions) for each in arguments]
    return {"type": "array", "prefixItems": entries, "items": False, "minItems": len(entries)}


def _object(kind: type[Any], definitions: dict[str, Any]) -> dict[str, Any]:
    hints = get_type_hints(kind)
    title, told = _described(kind)
    fields = [field.name for field in dataclasses.fields(kind)]
    properties = {
        name: _schema(hints[name], definitions) | ({"description": told[name]} if told.get(name) else {})
        for name in fields
    }
    return {
        "description": title,
        "type": "object",
        "properties": properties,
        "required": fields,
        "additionalProperties": False,
    }


def _described(kind: type[Any]) -> tuple[str, dict[str, str]]:
    """The first paragraph of a class's documentation, and what it says of each field."""
    text = inspect.getdoc(kind) or ""
    title, _, rest = text.partition("\n\n")
    told: dict[str, str] = {}
    for names, description in _PARAMETERS.findall(rest.partition("----------\n")[2]):
        told |= dict.fromkeys(names.split(", "), _line(description))
    return _line(title), told


def _line(text: str) -> str:
    return " ".join(text.split())


def publish(folder: Path) -> None:
    """Write the schema of every published document."""
    for kind in PUBLISHED:
        (folder / f"{kind_name(kind)}.json").write_text(schema_text(kind), "ascii")


if __name__ == "__main__":
    publish(Path(sys.argv[1]))
