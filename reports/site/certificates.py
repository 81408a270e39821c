"""The pages of certificates: which layers are proven right at full size, and how surely."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from ...oracle.judging.verdict import Outcome
from ..files.layout import CERTIFICATES, PAGE
from ..files.whole import write_whole
from ..records.certified import CertificateRow, Certificates, by_numbers
from ..records.naming import with_version
from ..records.serialization import to_json
from ..views.wording import SYMBOLS, clean, plural
from .html import page

DOCUMENT = "certificates.json"


@dataclass(frozen=True, slots=True)
class CandidateCertificates:
    """What became of the layers of one candidate; a row has its mark, and the power of two of the probability."""

    candidate: str
    headline: str
    command: str
    rows: tuple[tuple[str, CertificateRow, str], ...]


@dataclass(frozen=True, slots=True)
class CertificatesPage:
    """What a page says."""

    title: str
    section: str
    certificates: tuple[CandidateCertificates, ...]


def certificates_page(documents: Sequence[Certificates]) -> CertificatesPage:
    """What became of the layers of all candidates of a run."""
    return CertificatesPage("Certificates · convoracle", CERTIFICATES, tuple(map(_certificates, documents)))


def write_certificates(document: Certificates, folder: Path) -> None:
    """Write ``index.html`` and ``certificates.json`` into a folder, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    write_whole(folder / DOCUMENT, to_json(document, indent=2) + "\n")
    certificates = _certificates(document)
    view = CertificatesPage(f"{certificates.candidate} · certificates", CERTIFICATES, (certificates,))
    write_whole(folder / PAGE, page("certificates_alone.html", view, root=""))


def certified_sentence(rows: Sequence[CertificateRow]) -> str:
    """``210 of 212 results certified; 2 undecided; 8.61 s in its calls, 2.10 s for the certificates``."""
    calls, own = sum(row.seconds for row in rows), sum(row.own_seconds for row in rows)
    integers, reals = by_numbers(rows)
    counted = [_counted("certified", integers)] if integers or not reals else []
    if reals:
        counted.append(_counted("within the bound on real numbers", reals))
    return f"{'; '.join(counted)}; {calls:.2f} s in its calls, {own:.2f} s for the certificates"


def _counted(told: str, rows: Sequence[CertificateRow]) -> str:
    counts = Counter(row.outcome for row in rows)
    others = "".join(f"; {count} {outcome}" for outcome, count in counts.items() if outcome is not Outcome.CONFORMS)
    return f"{counts[Outcome.CONFORMS]} of {plural(len(rows), 'result')} {told}{others}"


def _certificates(document: Certificates) -> CandidateCertificates:
    name = clean(with_version(document.candidate, document.version))
    ordered = sorted(document.rows, key=lambda row: not row.outcome.is_mismatch)
    return CandidateCertificates(
        name, certified_sentence(document.rows), clean(document.command), tuple(_shown(ordered))
    )


def _shown(rows: Iterable[CertificateRow]) -> Iterator[tuple[str, CertificateRow, str]]:
    for row in rows:
        miss = "" if row.miss is None else f"at most 2^{math.ceil(math.log2(row.miss))}" if row.miss else "never"
        cleaned = replace(
            row,
            layer=clean(row.layer),
            subject=clean(row.subject),
            dtype=clean(row.dtype),
            case=clean(row.case),
            told=clean(row.told),
            small_case=clean(row.small_case),
        )
        yield SYMBOLS[row.outcome], cleaned, miss
