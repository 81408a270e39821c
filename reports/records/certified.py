"""The document of certificates: which whole layers are proven right, and how surely; and how well they round."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from ...oracle.judging.verdict import Outcome
from ...oracle.operands.data import Numbers
from ...oracle.problem.passes import Pass

_OVER_IMAGES = frozenset(str(each) for each in Pass if each.is_over_images)


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
        The probability, at most, with which a wrong result would have been given a certificate; None without one, as
        on real numbers, on which some of the elements are looked at.
    seconds, own_seconds : float
        That the call took, and the certificate.
    small_case : str
        Of a wrong element, the command that checks a small case that is wrong as well, or that there is none.
    numbers : Numbers
        Integers, on which a result is proven right, or reals, on which it is held to the bound of its rounding.
    parts, images : int
        In how many parts of its batch it was asked, each with operands of its own, and of how many images the largest
        of these is; 1 and 0 where it was asked as a whole.
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
    numbers: Numbers = Numbers.INTEGERS
    parts: int = 1
    images: int = 0

    @property
    def name(self) -> str:
        """``conv1 forward float32``, and whether that is on real numbers."""
        return f"{self.layer} {self.subject} {self.dtype}" + (", real numbers" if self.is_of_reals else "")

    @property
    def question(self) -> tuple[str, str, str, str, str]:
        """What was asked, whatever the operands were: layer, its geometry, pass, dtype and kind of numbers."""
        return self.layer, self.case.partition("/")[0], self.subject, self.dtype, str(self.numbers)

    @property
    def asked_in(self) -> str:
        """``in 4 parts of up to 8 images``, and what each is of a sum over images; nothing where it was asked whole."""
        images = "1 image" if self.images == 1 else f"up to {self.images:,} images"
        sums = ", each a sum over these alone" if self.subject in _OVER_IMAGES else ""
        return f"in {self.parts:,} parts of {images}{sums}" if self.parts > 1 else ""

    @property
    def is_of_reals(self) -> bool:
        """Whether it was asked on real numbers."""
        return self.numbers is Numbers.REALS

    @property
    def is_proven(self) -> bool:
        """Whether the result has a certificate; on real numbers, whether what was looked at is within its bound."""
        return self.outcome is Outcome.CONFORMS and (self.miss is not None or self.is_of_reals)


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


def by_numbers(rows: Iterable[CertificateRow]) -> tuple[tuple[CertificateRow, ...], tuple[CertificateRow, ...]]:
    """Those on integers, and those on real numbers."""
    rows = tuple(rows)
    return tuple(row for row in rows if not row.is_of_reals), tuple(row for row in rows if row.is_of_reals)
