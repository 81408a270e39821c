"""Writing a set of vectors: the same bytes each time."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from importlib import resources
from itertools import groupby
from pathlib import Path
from typing import Any

from ...oracle.errors import InvalidArgument
from ...oracle.numbers.dtypes import result_dtype
from ...oracle.problem.descriptor import write_descriptor
from ...oracle.problem.geometry import ConvGeometry
from ...oracle.problem.passes import Operands
from ..checks.value import answer, operands_of
from .expectations import expected_arrays
from .folder import whole_folder
from .manifest import DATA, MANIFEST, SCHEMA, Data, document, geometry_numbers, illegal_entry
from .selection import Choice, calls, choices, none_left

Progress = Callable[[int, int], None]


def export(folder: Path, progress: Progress = lambda done, total: None, *, only: Sequence[str] = ()) -> int:
    """Write the vectors into a folder, all or those of `only`, and return how many there are.

    Raises
    ------
    InvalidArgument
        If the folder holds anything but an earlier export, or `only` names nothing that is known or leaves nothing.
    """
    chosen, refused = choices(only), calls(only)
    if not (chosen or refused):
        raise none_left(only, "should leave some vectors; none has all of it")
    with whole_folder(folder, MANIFEST) as home:
        data, groups, done = Data(), [], 0
        for _, members in groupby(chosen, key=lambda each: (each.numbers, each.case, each.comment)):
            vectors = list(members)
            groups.append(_group(vectors, data))
            done += len(vectors)
            progress(done, len(chosen))
        illegal = [illegal_entry(name, call) for name, call in refused]
        raw = data.raw()
        (home / DATA).write_bytes(raw)
        (home / SCHEMA).write_bytes(resources.files(__package__).joinpath(SCHEMA).read_bytes())
        written = document(groups, illegal, len(raw), hashlib.sha256(raw).hexdigest())
        (home / MANIFEST).write_text(_text(written), encoding="utf-8")
    return len(chosen) + len(illegal)


def _group(members: list[Choice], data: Data) -> dict[str, object]:
    """A case on numbers of a kind with its vectors: one for each pass."""
    first, case = members[0], members[0].case
    operands = operands_of(first.numbers, case)
    if not any(choice.pass_.is_second_order for choice in members):
        operands = operands.of(first.pass_)
    return {
        "comment": first.comment,
        "check": first.check,
        "result": "acceptable" if case.geometry.is_degenerate else "valid",
        "dtype": case.dtype,
        "result_dtype": result_dtype(case.dtype),
        "text": str(case.geometry),
        "descriptor": _descriptor(case.geometry),
        "geometry": geometry_numbers(case.geometry),
        "learning_rate": operands.learning_rate,
        "operands": {name: data.add(array) for name, array in operands.arrays().items()},
        "vectors": [_vector(choice, operands, data) for choice in members],
    }


def _vector(choice: Choice, operands: Operands, data: Data) -> dict[str, object]:
    exact = answer(choice.numbers, choice.case, choice.pass_)
    arrays = expected_arrays(choice.numbers, choice.case, choice.pass_, operands.of(choice.pass_), exact)
    return {
        "id": choice.id,
        "pass": str(choice.pass_),
        "flags": list(choice.flags),
        **{name: data.add(array) for name, array in arrays.items()},
    }


def _descriptor(geometry: ConvGeometry) -> str | None:
    """What benchdnn calls it, where it has a way to say it."""
    try:
        return write_descriptor(geometry)
    except InvalidArgument:
        return None


def _text(manifest: dict[str, Any]) -> str:
    """JSON with one vector on each line, so that two sets can be compared line by line."""
    head = {name: value for name, value in manifest.items() if name not in ("groups", "illegal")}
    groups = ",\n".join(map(_group_text, manifest["groups"]))
    illegal = ",\n".join(map(_line, manifest["illegal"]))
    start = json.dumps(head, indent=1, ensure_ascii=False).removesuffix("\n}")
    return f'{start},\n "groups": [\n{groups}\n ],\n "illegal": [\n{illegal}\n ]\n}}\n'


def _group_text(group: dict[str, Any]) -> str:
    case = _line({name: value for name, value in group.items() if name != "vectors"}).removesuffix("}")
    vectors = ",\n".join(map(_line, group["vectors"]))
    return f'{case},"vectors":[\n{vectors}]}}'


def _line(value: object) -> str:
    return json.dumps(value, separators=(",", ":"), ensure_ascii=False)
