"""Names in a mismatch's diagnosis that are of no known fault: what its result depends on."""

from __future__ import annotations

DEPENDS_ON_DATA = "depends-on-data-"
"""Followed by how: ``sign``, ``size``, ``not-additive``."""
UNREPEATABLE = "unrepeatable"
UNINITIALISED = "uninitialised-memory"
OF_CALLS = frozenset((UNREPEATABLE, UNINITIALISED))
"""The result of the same call is another one, or is for other bytes in memory that nobody wrote."""
