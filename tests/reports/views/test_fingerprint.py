"""The fingerprint of a mismatch: the same where it is met again, another where the process dies elsewhere."""

from __future__ import annotations

from convoracle.oracle.judging.verdict import Outcome, Verdict
from convoracle.reports.records.record import Mismatch
from convoracle.reports.views.fingerprint import fingerprint


def died(place: str, number: int = 1) -> Mismatch:
    verdict = Verdict(Outcome.CRASHED, f"the process died: SIGSEGV; Fatal\n{place}", "SIGSEGV")
    return Mismatch(f"mine-forward-{number}", "mine", "structure", "forward", f"c{number}", "c", verdict)


def test_another_function_is_another_and_another_place_of_it_is_not() -> None:
    one = fingerprint(died("  native im2col+0x1f of libmine.so"))
    assert one == fingerprint(died("  native im2col+0x2a of libmine.so", 2))
    assert one != fingerprint(died("  native gemm+0x1f of libmine.so"))
    assert one != fingerprint(died(""))
    assert fingerprint(died("  native libmine.so+0x1")) == fingerprint(died("  native libmine.so+0x2"))
