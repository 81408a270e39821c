"""The tree that masks reveal is the tree that is summed by."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from convoracle.oracle.probing.trees import Inconsistent, Node, Tree, leaves, meeting, reveal, told

from .emulated import at_once, blocked, in_sequence, pairwise, split


@st.composite
def trees(draw: st.DrawFn) -> Tree:
    """Any tree of 2 to 24 terms, with nodes of two to four children."""
    rest: list[Tree] = list(draw(st.permutations(range(draw(st.integers(2, 24))))))
    while len(rest) > 1:
        width = draw(st.integers(2, min(4, len(rest))))
        chosen = draw(st.integers(0, len(rest) - width))
        rest[chosen : chosen + width] = [Node(tuple(rest[chosen : chosen + width]))]
    return rest[0]


@given(trees())
def test_any_tree_is_found(tree: Tree) -> None:
    found = reveal(leaves(tree), lambda one, other: meeting(tree, one, other))
    assert all(meeting(found, *pair) == meeting(tree, *pair) for pair in combinations(leaves(tree), 2))
    if isinstance(tree, Node) and isinstance(found, Node):
        assert found.shape == tree.shape


def test_sizes_that_no_tree_has_are_refused() -> None:
    with pytest.raises(Inconsistent, match="meet in 5 terms, which should be 4"):
        reveal(range(4), lambda one, other: 5)


@pytest.mark.parametrize(
    ("tree", "words"),
    [
        (in_sequence(16), "16 in sequence"),
        (in_sequence(256), "256 in sequence"),
        (pairwise(16), "16 pairwise"),
        (blocked(16)(128), "8 blocks of 16 in sequence, each 16 pairwise"),
        (split(4)(64), "4 blocks of 16 pairwise, each 16 in sequence"),
        (at_once(8)(8), "8 at once"),
    ],
)
def test_usual_orders_in_few_words(tree: Tree, words: str) -> None:
    assert told(tree) == words


def test_questions_are_few_for_sums_in_sequence() -> None:
    tree, asked = in_sequence(256), []
    reveal(leaves(tree), lambda one, other: asked.append(1) or meeting(tree, one, other))  # type: ignore[func-returns-value]
    assert len(asked) <= 256 * 8
