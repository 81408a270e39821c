"""PyTorch as a candidate: forward by its own convolutions, derivatives by autograd, the update by its SGD.

`autograd` makes a candidate of any differentiable PyTorch function in the same
way, and `module` one of a class of `torch.nn.Module`.
"""

from __future__ import annotations

import torch as _torch  # first: a missing PyTorch is told from here, whatever is loaded already

from .builtin import candidate
from .differentiable import Autograd, autograd
from .modules import module

__all__ = ["Autograd", "autograd", "candidate", "module"]

assert _torch
