"""Options become a budget, or a sentence about the one that does not go with the others."""

from __future__ import annotations

import pytest

from convoracle.oracle.errors import InvalidArgument
from convoracle.suites.command.cli import parser
from convoracle.suites.command.planning import budget_of, selection_of


def test_without_a_corpus_there_are_the_cases_of_a_profile() -> None:
    options = parser().parse_args(["check", "--profile", "deep", "--ranks", "2", "--dtypes", "float32"])
    budget = budget_of(options)
    assert (budget.cases, budget.space.ranks, budget.space.dtypes) == (5000, (2,), ("float32",))
    assert budget_of(parser().parse_args(["check", "--cases", "7"])).cases == 7


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (["--corpus", "resnet50", "--cases", "5"], "cases=5, but should be left out with --corpus"),
        (["--batch", "4"], "batch=4, but should be given with --corpus only"),
        (["--max-products", "300"], "max_products=300, but should be given with --corpus only"),
        (
            ["--corpus", "vgg16", "--corpus", "beyond32"],
            "corpus='beyond32', but should be asked by `convoracle certify`",
        ),
    ],
)
def test_what_does_not_go_together_is_refused(options: list[str], told: str) -> None:
    with pytest.raises(InvalidArgument) as refused:
        budget_of(parser().parse_args(["check", *options]))
    assert str(refused.value).startswith(told)


def test_what_is_meant_for_full_size_may_be_shrunk() -> None:
    selection = selection_of(parser().parse_args(["check", "--corpus", "beyond32", "--max-products", "20000"]))
    assert selection is not None
    cases = selection.cases(ranks=(1, 2), seed=0)
    assert cases
    assert all(each.provenance.is_shrunk and each.case.geometry.products <= 20_000 for each in cases)
