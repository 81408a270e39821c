"""What is no candidate by itself but becomes one: modules and autograd Functions of PyTorch, given as they are."""

from __future__ import annotations

import sys
from typing import Any, cast


def adapted(candidate: object) -> object:
    """A module's class or instance, or an autograd Function, as a candidate of PyTorch; anything else as it is.

    PyTorch is not imported for this: where nothing has imported it, the
    candidate cannot be one of its objects.

    Raises
    ------
    CandidateError
        If a module's class requires an argument that cannot be given.
    """
    torch = sys.modules.get("torch")
    if torch is None or not hasattr(torch, "nn"):
        return candidate
    kind = candidate if isinstance(candidate, type) else type(candidate)
    owner = getattr(candidate, "__self__", None)
    if issubclass(kind, torch.nn.Module):
        from ..pytorch.modules import module

        return module(cast(Any, candidate))
    if issubclass(kind, torch.autograd.Function) or (
        isinstance(owner, type) and issubclass(owner, torch.autograd.Function)
    ):
        from ..pytorch.differentiable import autograd

        return autograd(cast(Any, candidate))
    return candidate
