"""tinygrad as a candidate: its convolutions, with derivatives by `Tensor.gradient`.

tinygrad compiles its kernels with clang. Where there is none, it runs them in
Python, which its PYTHON device does, at a tenth of a second and more for a small
convolution either way. Its device is opened by the first call, after the fork; the
compiled kernels are not kept on disk.
"""

from __future__ import annotations

import os as _os
import shutil as _shutil

_os.environ.setdefault("DEV", "CPU" if _shutil.which(_os.environ.get("CC", "clang")) else "PYTHON")
_os.environ.setdefault("CACHELEVEL", "0")  # both are read when tinygrad is imported

from .builtin import candidate

__all__ = ["candidate"]
