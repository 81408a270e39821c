"""The built-in candidate ``torch-cuda``: PyTorch's convolution on the first NVIDIA or AMD GPU, by cuDNN or MIOpen.

cuDNN chooses among algorithms, transforms such as Winograd's included, and some
add in an order that varies; both are declared. float32 operands are rounded to
TF32 wherever `torch.backends.cudnn` allows it, which is its default.
"""

from __future__ import annotations

from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

import numpy as np
import torch

from .. import CandidateError
from .builtin import Builtin
from .tensors import to_tensor


def candidate() -> Builtin:
    """The built-in candidate ``torch-cuda``.

    Raises
    ------
    CandidateError
        If PyTorch finds no GPU.
    """
    device = _device()
    if not device:
        built = f"was built for {torch.version.cuda or torch.version.hip}" if _for_gpu() else "was built without CUDA"
        raise CandidateError(
            f"candidate 'torch-cuda' needs a GPU, and PyTorch finds none: PyTorch {torch.__version__} {built}"
        )
    return Builtin(
        name=f"torch-cuda ({device})",
        multipliers=multipliers(),
        conventions={"algorithm": "transform", "repeatability": "varies"},
        to_tensor=on_gpu,
    )


def on_gpu(array: np.ndarray) -> torch.Tensor:
    return to_tensor(array).cuda()


def multipliers() -> dict[str, str]:
    """What float32 operands are rounded to before they are multiplied, as `torch.backends` has it."""
    backend = torch.backends.cudnn
    if not backend.enabled:
        return {}
    newer = getattr(backend, "conv", None)  # where it is, the older flag cannot be read beside it
    rounds = backend.allow_tf32 if newer is None else newer.fp32_precision == "tf32"
    return {"float32": "tfloat32"} if rounds else {}


def _device() -> str:
    """The GPU's name, empty if there is none; asked in a fork, since who has asked it cannot use it in forks."""
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as fork:
        return fork.submit(_ask_device).result()


def _ask_device() -> str:
    return torch.cuda.get_device_name() if torch.cuda.is_available() else ""


def _for_gpu() -> bool:
    return torch.version.cuda is not None or torch.version.hip is not None
