"""Waiting for another process, by the seconds in which it could run: a machine that stands still uses none of them."""

from __future__ import annotations

import time

_TURN = 0.2
"""Seconds for which is waited at once; where a turn takes longer than that, this process was kept from running, too."""


class Patience:
    """So many seconds of waiting, from now on.

    A machine that is suspended, or has its processors taken away, stops who waits as well as who is waited for, and a
    clock goes on: what a turn of waiting takes beyond its length is not counted.

    Parameters
    ----------
    seconds : float
    """

    def __init__(self, seconds: float) -> None:
        self._left, self._last = seconds, time.monotonic()

    def turn(self) -> float:
        """The seconds to wait for next.

        Raises
        ------
        TimeoutError
            If none are left.
        """
        now = time.monotonic()
        self._left -= min(now - self._last, _TURN)
        self._last = now
        if self._left <= 0:
            raise TimeoutError
        return min(self._left, _TURN)
