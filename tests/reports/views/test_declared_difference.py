"""Identity cards of two runs: the lines that are otherwise, and which dtypes there are cards of."""

from __future__ import annotations

from dataclasses import replace

from convoracle.reports.records.identity import IdentityCards, Property, Section, Told
from convoracle.reports.views.declared_difference import Declaration, card_changes


def section(dtype: str, **lines: str) -> Section:
    return Section(dtype, tuple(Property(name, (Told(words, "forward tiny"),)) for name, words in lines.items()))


CARDS = IdentityCards("torch", "2", "", (section("float32", sums="24 bits", order="pairwise"),), "")


def test_cards_do_not_differ_from_themselves_nor_from_those_of_another_command() -> None:
    assert list(card_changes((CARDS,), (replace(CARDS, command="other", version="3"),))) == []


def test_each_line_that_is_otherwise_is_told_with_its_place() -> None:
    after = replace(CARDS, sections=(section("float32", sums="11 bits", order="pairwise", input="24 bits"),))
    assert list(card_changes((CARDS,), (after,))) == [
        Declaration("torch", "float32 sums", "24 bits [forward tiny]", "11 bits [forward tiny]"),
        Declaration("torch", "float32 input", None, "24 bits [forward tiny]"),
    ]


def test_of_a_dtype_that_one_run_has_no_card_of_only_that_is_told() -> None:
    after = replace(CARDS, sections=(*CARDS.sections, section("float16", sums="24 bits")))
    assert list(card_changes((CARDS,), (after,))) == [
        Declaration("torch", "identity cards", "float32", "float32, float16")
    ]
    assert list(card_changes((CARDS,), ())) == [Declaration("torch", "identity cards", "float32", "")]
