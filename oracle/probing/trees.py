"""The order of a sum as a tree, found by masking, and written in few words.

A term M among units takes up every unit that is added to it before -M is. What is
left of the sum counts the units outside of the smallest subtree that holds both
(Xie et al., FPRev, 2024): size(i, j) = terms - units left. Where several
children meet in one node, any two of them have its size.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

Sizes = Callable[[int, int], int]
"""Terms of the smallest subtree that holds both of two terms."""


class Inconsistent(Exception):
    """The sizes are those of no tree; the message says which."""


@dataclass(frozen=True)
class Node:
    """A sum of at least two children, each a term's number or a sum.

    `leaves` are the numbers of the terms below, in order; `shape` is the same for trees that differ in their
    numbers, and in the order of children, only. Both are of the children's, for trees are as deep as sums are long.
    """

    children: tuple[Tree, ...]
    leaves: tuple[int, ...] = field(init=False, repr=False, compare=False)
    shape: str = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        below = itertools.chain.from_iterable(map(leaves, self.children))
        object.__setattr__(self, "leaves", tuple(sorted(below)))
        object.__setattr__(self, "shape", f"({''.join(sorted(map(shape, self.children)))})")


Tree = Node | int


def leaves(tree: Tree) -> tuple[int, ...]:
    """Numbers of the terms below."""
    return (tree,) if isinstance(tree, int) else tree.leaves


def shape(tree: Tree) -> str:
    """See `Node.shape`."""
    return "." if isinstance(tree, int) else tree.shape


def reveal(terms: Sequence[int], size: Sizes) -> Tree:
    """The tree that has these sizes.

    The sizes of one term with all others say which of them meet it in which node; each group is
    a sibling, or several where they meet each other in that same node. Taking the middle term
    makes that n log n questions of sums in sequence, from either end, and of balanced ones.

    Raises
    ------
    Inconsistent
        If these are the sizes of no tree.
    """
    (tree,) = _subtrees(list(terms), size, None)
    return tree


def _subtrees(terms: list[int], size: Sizes, parent: int | None) -> list[Tree]:
    """The children, with these terms, of a node of `parent` terms; one tree without a parent."""
    pivot, rest = terms[len(terms) // 2], [*terms[: len(terms) // 2], *terms[len(terms) // 2 + 1 :]]
    groups: dict[int, list[int]] = {}
    for other in rest:
        groups.setdefault(size(pivot, other), []).append(other)
    beside = groups.pop(parent, []) if parent is not None else []
    tree: Tree = pivot
    for total in sorted(groups):
        inside = len(leaves(tree)) + len(groups[total])
        if total != inside:
            raise Inconsistent(f"terms {pivot} and {groups[total][0]} meet in {total} terms, which should be {inside}")
        tree = Node((tree, *_subtrees(groups[total], size, total)))
    return [tree, *(_subtrees(beside, size, parent) if beside else [])]


def meeting(tree: Tree, one: int, other: int) -> int:
    """Terms of the smallest subtree that holds both."""
    while isinstance(tree, Node):
        inner = next((child for child in tree.children if {one, other} <= set(leaves(child))), None)
        if inner is None:
            break
        tree = inner
    return len(leaves(tree))


def closest(tree: Tree) -> tuple[int, int] | None:
    """Two terms that are added to each other and to nothing else before, if there are such."""
    if isinstance(tree, int):
        return None
    if len(tree.children) == 2 and all(isinstance(child, int) for child in tree.children):
        one, other = leaves(tree)
        return one, other
    return next((found for child in tree.children if (found := closest(child))), None)


def renumbered(tree: Tree, numbers: Mapping[int, int]) -> Tree:
    """The same tree with other numbers of its terms."""
    if isinstance(tree, int):
        return numbers[tree]
    return Node(tuple(renumbered(child, numbers) for child in tree.children))


def told(tree: Tree) -> str:
    """In few words: ``4 blocks of 16 pairwise, each 16 in sequence``."""
    if isinstance(tree, int):
        return "1 term"
    for found in (_at_once(tree), _onto(tree), _pairwise(tree), _in_sequence(tree)):
        if found:
            return found
    parts = _spine(tree) if len(tree.children) == 2 else tree.children
    told_parts = [f"({told(part)})" if isinstance(part, Node) else "1 term" for part in parts]
    counted = [(len(list(same)), words) for words, same in itertools.groupby(told_parts)]
    words = ", then ".join(f"{count} times {each}" if count > 1 else each for count, each in counted)
    return words if len(tree.children) == 2 else f"at once: {words}"


def _onto(tree: Node) -> str:
    """Blocks that are added at once to the sum so far."""
    if len(tree.children) == 2:
        return ""
    widths: list[int] = []
    inner: Tree = tree
    while isinstance(inner, Node):
        sums = [child for child in inner.children if isinstance(child, Node)]
        widths.append(len(inner.children) - len(sums))
        if len(sums) > 1 or widths[-1] < 2:
            return ""
        inner = sums[0] if sums else inner.leaves[0]
    if len(set(widths)) > 1:
        return ""
    return f"{len(widths)} blocks of {widths[0]} in sequence, each added at once to the sum so far"


def _at_once(tree: Node) -> str:
    if len(tree.children) == 2:
        return ""
    return _of_parts(tree.children, "at once")


def _pairwise(tree: Node) -> str:
    parts: list[Tree] = [tree]
    while all(isinstance(part, Node) and len(part.children) == 2 for part in parts):
        if len({shape(part) for part in parts}) > 1:
            break
        halves = [child for part in parts if isinstance(part, Node) for child in part.children]
        if len({shape(half) for half in halves}) > 1:
            break
        parts = halves
    return _of_parts(parts, "pairwise") if len(parts) > 2 else ""


def _in_sequence(tree: Node) -> str:
    spine = _spine(tree)
    return _of_parts(spine, "in sequence") if len(spine) > 1 else ""


def _spine(tree: Node) -> list[Tree]:
    """What is added one after another; the sum so far is the larger child."""
    sides: list[Tree] = []
    while isinstance(tree, Node) and len(tree.children) == 2:
        smaller, larger = sorted(tree.children, key=lambda child: len(leaves(child)))
        sides.append(smaller)
        if sides and shape(smaller) == shape(larger):
            return [larger, *sides[::-1]]
        if isinstance(larger, int):
            return [larger, *sides[::-1]]
        tree = larger
    return [tree, *sides[::-1]]


def _of_parts(parts: Sequence[Tree], how: str) -> str:
    if len({shape(part) for part in parts}) > 1:
        return ""
    count, size = len(parts), len(leaves(parts[0]))
    if size == 1:
        return f"{count} {how}{_backwards(parts) if how == 'in sequence' else ''}"
    lanes = _stride(parts[0])
    kind = f"lanes of {size} (stride {lanes})" if lanes > 1 else f"blocks of {size}"
    return f"{count} {kind} {how}, each {told(parts[0])}"


def _backwards(parts: Sequence[Tree]) -> str:
    order = [leaves(part)[0] for part in parts]
    if order[1:] == sorted(order[1:]):
        return ""
    return " from the end" if order[1:] == sorted(order[1:], reverse=True) else " in another order"


def _stride(tree: Tree) -> int:
    """The distance of a sum's terms; 1 where it is none."""
    steps = {after - before for before, after in itertools.pairwise(leaves(tree))}
    return steps.pop() if len(steps) == 1 else 1
