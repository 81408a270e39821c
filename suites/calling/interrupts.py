"""Interrupts that are raised where nobody hears them, in a finalizer or a callback of the collector, come again."""

from __future__ import annotations

import signal
import sys
from types import FrameType

_SECONDS = 0.001


def interrupt(number: int, frame: FrameType | None) -> None:
    """Handle a signal as Ctrl-C is handled."""
    raise KeyboardInterrupt


def raise_unheard_again() -> None:
    """Have a `KeyboardInterrupt` that Python could only have printed raised a moment later, by the main thread."""
    before = sys.unraisablehook

    def hook(unraisable: sys.UnraisableHookArgs) -> None:
        if issubclass(unraisable.exc_type, KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, _SECONDS)
        else:
            before(unraisable)

    signal.signal(signal.SIGALRM, interrupt)
    sys.unraisablehook = hook
