"""The page and the document of certificates: which layers are proven right at full size, and how surely."""

from __future__ import annotations

import json
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from ...oracle.judging.verdict import Outcome
from ..files.layout import PAGE
from ..files.whole import write_whole
from ..records.record import CandidateInfo
from ..views.wording import SYMBOLS, candidate_name, clean
from .html import page

CERTIFICATES = "certificates.json"
VERSION = 1


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


@dataclass(frozen=True, slots=True)
class CertificatesPage:
    """What the page says."""

    title: str
    candidate: str
    headline: str
    command: str
    rows: tuple[tuple[str, CertificateRow, str], ...]


def write_certificates(
    candidate: CandidateInfo, rows: Sequence[CertificateRow], headline: str, command: str, folder: Path
) -> None:
    """Write ``index.html`` and ``certificates.json`` into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    told = {"name": candidate.name, "version": candidate.version}
    listed = [asdict(row) | {"outcome": str(row.outcome)} for row in rows]
    document = {"document": "certificates", "version": VERSION, "candidate": told, "command": command, "rows": listed}
    write_whole(folder / CERTIFICATES, json.dumps(document, indent=2, allow_nan=False) + "\n")
    name = clean(candidate_name(candidate.name, candidate))
    view = CertificatesPage(f"{name} · certificates", name, clean(headline), clean(command), tuple(_shown(rows)))
    write_whole(folder / PAGE, page("certificates.html", view, root=""))


def _shown(rows: Iterable[CertificateRow]) -> Iterator[tuple[str, CertificateRow, str]]:
    """Each with its mark, and the power of two of the probability."""
    for row in rows:
        miss = "" if row.miss is None else f"at most 2^{math.ceil(math.log2(row.miss))}" if row.miss else "never"
        cleaned = replace(
            row,
            layer=clean(row.layer),
            subject=clean(row.subject),
            dtype=clean(row.dtype),
            case=clean(row.case),
            told=clean(row.told),
        )
        yield SYMBOLS[row.outcome], cleaned, miss
