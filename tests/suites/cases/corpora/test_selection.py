"""From corpora to cases: batch, size, dtypes and ranks as chosen, and where each comes from."""

from __future__ import annotations

from pathlib import Path

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.suites.cases.corpora import load_corpus
from convoracle.suites.cases.corpora.selection import CorpusCase, Provenance, Selection

_EVERY_RANK = (1, 2, 3)


def _select(selection: Selection, dtypes: tuple[str, ...] = ("float32",), ranks: tuple[int, ...] = _EVERY_RANK):
    return selection.cases(dtypes=dtypes, ranks=ranks, seed=5)


def _first(found: tuple[CorpusCase, ...]) -> tuple[str, str]:
    return str(found[0].case), str(found[0].provenance)


def test_entries_are_examined_at_full_size() -> None:
    found = _select(Selection(("resnet50",)))
    assert _first(found) == ("n1c3k64i224x224f7x7s2x2p3x3/float32/uniform/5", "resnet50:conv1")
    assert len(found) == len(load_corpus("resnet50"))


def test_the_batch_is_as_chosen() -> None:
    assert {each.case.geometry.batch for each in _select(Selection(("resnet50", "deepbench"), batch=4))} == {4}


def test_what_is_shrunk_is_labelled_and_nothing_else_is() -> None:
    found = {str(each.provenance): each.case for each in _select(Selection(("regressions",), max_products=5_000))}
    assert found["regressions:oneDNN#6035, shrunk"].geometry.products <= 5_000
    assert str(found["regressions:opacus!245"].geometry) == "n1c1k1i6f3s2"
    assert all(("shrunk" in origin) == (origin not in _full_size()) for origin in found)


def test_the_entry_and_whether_it_is_shrunk_are_kept_apart() -> None:
    provenances = {each.provenance for each in _select(Selection(("regressions",), max_products=5_000))}
    assert Provenance("regressions:oneDNN#6035", is_shrunk=True) in provenances
    assert Provenance("regressions:opacus!245") in provenances


def _full_size() -> set[str]:
    return {f"regressions:{entry.name}" for entry in load_corpus("regressions") if entry.geometry.products <= 5_000}


def test_each_entry_is_asked_in_each_dtype_and_only_of_the_ranks() -> None:
    found = _select(Selection(("hard",)), ("float32", "bfloat16"), (1,))
    assert {each.case.dtype for each in found} == {"float32", "bfloat16"}
    assert {each.case.geometry.rank for each in found} == {1}


def test_the_same_case_is_examined_once(tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_text('mb1ic1oc1iw9kw3n"first"\nmb2ic1oc1iw9kw3n"second"\n')
    (only,) = _select(Selection((str(file),), batch=3))
    assert str(only.provenance) == f"{file}:first"


def test_no_entry_at_all_is_a_mistake() -> None:
    with pytest.raises(InvalidArgument, match="3 spatial axes"):
        _select(Selection(("resnet50",)), ranks=(3,))


def test_it_tells_what_was_chosen() -> None:
    assert str(Selection(("resnet50", "hard"), 4, 900)) == "corpus resnet50, hard, batch 4, shrunk to 900 products"
    assert str(Selection(("vgg16",))) == "corpus vgg16"
