"""The document of certificates: which whole layers are proven right, and how surely."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...oracle.judging.verdict import Outcome


@dataclass(frozen=True, slots=True)
class CertificateRow:
    """What became of one pass of a layer.

    Parameters
    ----------
    layer, subject, dtype, case : str
    outcome : Outcome
    told : str
        What was found.
    elements : int
        That the result has; 0 where there was none to look at.
    miss : float or None
        The probability, at most, with which a wrong result would have been given a certificate; None without one.
    seconds, own_seconds : float
        That the call took, and the certificate.
    small_case : str
        Of a wrong element, the command that checks a small case that is wrong as well, or that there is none.
    """

    layer: str
    subject: str
    dtype: str
    case: str
    outcome: Outcome
    told: str
    elements: int
    miss: float | None
    seconds: float
    own_seconds: float
    small_case: str = ""

    @property
    def question(self) -> tuple[str, str, str, str]:
        """What was asked, whatever the operands were: layer, its geometry, pass and dtype."""
        return self.layer, self.case.partition("/")[0], self.subject, self.dtype

    @property
    def is_proven(self) -> bool:
        """Whether the result has a certificate."""
        return self.outcome is Outcome.CONFORMS and self.miss is not None


@dataclass(frozen=True, slots=True)
class Certificates:
    """What became of whole layers.

    Parameters
    ----------
    candidate, version : str
    command : str
        By which they were asked for.
    rows : tuple of CertificateRow
    """

    candidate: str
    version: str
    command: str
    rows: tuple[CertificateRow, ...]

    def with_later(self, later: Certificates) -> Certificates:
        """With what was asked for later, also in the place of earlier answers."""
        rows = {row.question: row for row in (*self.rows, *later.rows)}
        return replace(later, rows=tuple(rows.values()))


def wrong_rows(certificates: Iterable[Certificates]) -> tuple[tuple[Certificates, CertificateRow], ...]:
    """The results that count against a candidate."""
    return tuple((each, row) for each in certificates for row in each.rows if row.outcome.is_mismatch)
