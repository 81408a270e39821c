"""The backend of Keras, which is chosen once in a process, before Keras is imported."""

from __future__ import annotations

import os
import sys

from .. import CandidateError


def choose(backend: str) -> None:
    """Have Keras use a backend.

    Raises
    ------
    CandidateError
        If Keras is there already, with another one.
    """
    loaded = sys.modules.get("keras")
    if loaded is not None and loaded.backend.backend() != backend:
        raise CandidateError(
            f"Keras is loaded with its backend {loaded.backend.backend()!r}, and this candidate needs {backend!r}: "
            f"run it in a process of its own"
        )
    os.environ["KERAS_BACKEND"] = backend


def choosing(backend: str) -> str:
    """The same in source, before Keras is imported."""
    return f'import os\n\nos.environ["KERAS_BACKEND"] = "{backend}"\n'
