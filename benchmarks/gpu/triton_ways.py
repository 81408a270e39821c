"""The Triton kernel of examples/, as it is and with a tail bug: the last block of a plane is never computed."""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path

from convoracle.suites.candidates.device import arrays_of

_EXAMPLE = Path(__file__).resolve().parents[2] / "examples" / "triton_conv2d.py"
_SPEC = importlib.util.spec_from_file_location("triton_conv2d", _EXAMPLE)
example = importlib.util.module_from_spec(_SPEC)
_SPEC.loader.exec_module(example)
_DEVICE = os.environ.get("GPU_DEVICE", "cuda")


class WithoutTail(example.Conv2d):
    name = "triton conv2d without its tail"

    def blocks(self, elements):
        return elements // example.BLOCK


right = arrays_of(example.Conv2d, library="torch", device=_DEVICE)
without_tail = arrays_of(WithoutTail, library="torch", device=_DEVICE)
