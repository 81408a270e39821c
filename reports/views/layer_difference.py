"""What differs between two runs in what they say of whole layers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..records.certified import CertificateRow, Certificates


@dataclass(frozen=True, slots=True)
class LayerTurn:
    """A result of a whole layer of which the runs say different things; None where one says nothing."""

    candidate: str
    before: CertificateRow | None
    after: CertificateRow | None


@dataclass(frozen=True, slots=True)
class LayerDifference:
    """The later of two runs against the earlier one.

    Parameters
    ----------
    broken : tuple of LayerTurn
        Wrong, and not wrong before, or not asked for.
    silenced : tuple of LayerTurn
        Proven or wrong before, and now neither.
    mended : tuple of LayerTurn
        Wrong before and proven right now.
    """

    broken: tuple[LayerTurn, ...] = ()
    silenced: tuple[LayerTurn, ...] = ()
    mended: tuple[LayerTurn, ...] = ()


def layer_difference(before: Iterable[Certificates], after: Iterable[Certificates]) -> LayerDifference:
    """Compare what two runs say of whole layers, by layer, geometry, pass and dtype."""
    old, new = _rows(before), _rows(after)
    turns = [LayerTurn(key[0], old.get(key), new.get(key)) for key in dict.fromkeys((*old, *new))]
    return LayerDifference(
        tuple(turn for turn in turns if _is_wrong(turn.after) and not _is_wrong(turn.before)),
        tuple(turn for turn in turns if _is_decided(turn.before) and not _is_decided(turn.after)),
        tuple(
            turn for turn in turns if _is_wrong(turn.before) and _is_decided(turn.after) and not _is_wrong(turn.after)
        ),
    )


def _rows(certificates: Iterable[Certificates]) -> dict[tuple[str, tuple[str, ...]], CertificateRow]:
    return {(each.candidate, row.question): row for each in certificates for row in each.rows}


def _is_wrong(row: CertificateRow | None) -> bool:
    return row is not None and row.outcome.is_mismatch


def _is_decided(row: CertificateRow | None) -> bool:
    return row is not None and (row.is_proven or row.outcome.is_mismatch)
