"""Where in a JSON text a field stands, of which an error is told."""

from __future__ import annotations

import json
import re

from .codec import Step

_JSON_SPACE = re.compile(r"[ \t\n\r]*")


def locate(text: str, path: tuple[Step, ...]) -> int:
    """Offset in a valid JSON text at which the value under `path` begins."""
    position = _space(text, 0)
    for step in path:
        found = _member(text, position, step)
        if found is None:
            break
        position = found
    return position


def _member(text: str, position: int, step: Step) -> int | None:
    decoder = json.JSONDecoder()
    index, position = 0, _space(text, position + 1)
    while position < len(text) and text[position] not in "]}":
        name: Step = index
        if isinstance(step, str):
            name, position = decoder.raw_decode(text, position)
            position = _space(text, _space(text, position) + 1)
        if name == step:
            return position
        _, position = decoder.raw_decode(text, position)
        position = _space(text, position)
        if position < len(text) and text[position] == ",":
            position = _space(text, position + 1)
        index += 1
    return None


def _space(text: str, position: int) -> int:
    match = _JSON_SPACE.match(text, position)
    return match.end() if match else position
