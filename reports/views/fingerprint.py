"""What a mismatch is, in a few characters that are the same on another machine and in another run."""

from __future__ import annotations

import hashlib
import json

from ..records.certified import CertificateRow
from ..records.native_frames import ending
from ..records.record import Mismatch, kind_of

_DIGITS = 32


def fingerprint(mismatch: Mismatch) -> str:
    """The same of mismatches that are alike: whose fault, of which pass, seen by which check, explained by what, and
    of a crash in which function.

    Its case does not count, which another seed makes another one, nor its number among the run's mismatches.
    """
    told = (
        mismatch.candidate,
        kind_of(mismatch.check),
        mismatch.subject,
        str(mismatch.verdict.outcome),
        ending(mismatch.verdict),
        bool(mismatch.history),
        sorted(mismatch.diagnosed),
        sorted(mismatch.needs),
    )
    return _digits(told)


def layer_fingerprint(candidate: str, row: CertificateRow) -> str:
    """The same of one question about one layer, whatever the operands were and what came of it."""
    return _digits((candidate, *row.question))


def _digits(told: tuple[object, ...]) -> str:
    return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:_DIGITS]
