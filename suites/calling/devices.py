"""Accelerators: which one this process holds, so that its forks cannot use it, and errors that end all use of it."""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

NODES = ("/dev/nvidia", "/dev/kfd", "/dev/dri/render", "/dev/accel", "/dev/dxg")
"""How the files of accelerators begin: NVIDIA's, AMD's, those of graphics and of neural processors, and WSL's."""
SHARING = {"XLA_PYTHON_CLIENT_PREALLOCATE": "false", "TF_FORCE_GPU_ALLOW_GROWTH": "true"}
"""Has JAX and TensorFlow take as much of a device's memory as they use: several processes share it."""
_LOST = (
    "illegal memory access",
    "illegal_address",
    "illegaladdress",
    "device-side assert",
    "misaligned address",
    "illegal instruction was encountered",
    "unspecified launch failure",
    "launch_failed",
    "hardware stack error",
    "launch timed out and was terminated",
)
"""What CUDA and HIP say when a kernel brought the context down: every later call of the process fails alike."""


def held_device() -> str:
    """The file of an accelerator that this process has open; empty if none."""
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(FileNotFoundError):  # the descriptor that lists the others
            path = os.readlink(descriptor)
            if path.startswith(NODES):
                return path
    return ""


def is_lost(message: str) -> bool:
    """Whether an error says that its device does nothing more in this process."""
    return any(sign in message.lower() for sign in _LOST)
