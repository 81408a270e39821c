"""Metamorphic relations: what a candidate's own results must have in common, whatever the right answer is.

On the integer lattice both sides of a relation are the same exact integers, so
they must be equal. No expected values are needed: a layer of any size can be asked.
"""

from __future__ import annotations

from .asking import CHECK, ask_relation, relation_of
from .catalogue import RELATIONS, applicable, relation_named, relations_of
from .relation import Derivation, RelatedCall, Relation

__all__ = [
    "CHECK",
    "RELATIONS",
    "Derivation",
    "RelatedCall",
    "Relation",
    "applicable",
    "ask_relation",
    "relation_named",
    "relation_of",
    "relations_of",
]
