"""A part that is lost is tried alone; one that is always lost is halved until the case to blame is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from convoracle.suites.campaign.suspects import TRIES, Suspect
from convoracle.suites.campaign.task import Examined


def tried(suspect: Suspect, at: int | None, *, most_tries: int = 40) -> int:
    """Try a part that is lost with its case `at`, if there is one, until it is whole or blamed; how often."""
    for count in range(1, most_tries):
        most = suspect.next_most()
        is_lost = at is not None and (most is None or most >= at)
        came = Examined("here", lost="it was ended by SIGKILL") if is_lost else Examined("here", b"run")
        if suspect.note(most, came) or suspect.blamed is not None:
            return count
    raise AssertionError("it does not come to an end")


@given(st.integers(1, 700).flatmap(lambda cases: st.tuples(st.just(cases), st.integers(1, cases))))
def test_the_case_with_which_it_is_lost_is_blamed(sizes: tuple[int, int]) -> None:
    cases, at = sizes
    suspect = Suspect(cases, "lost")
    assert tried(suspect, at) <= TRIES - 1 + cases.bit_length()
    assert suspect.blamed == at
    assert suspect.told == "it was ended by SIGKILL"
    assert (suspect.right is None) == (at == 1)


def test_one_that_was_lost_by_chance_is_whole_the_next_time() -> None:
    suspect = Suspect(500, "its worker was lost")
    assert tried(suspect, None) == 1
    assert suspect.blamed is None
