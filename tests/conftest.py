"""What all tests share: Hypothesis without deadlines, in CI with the same examples, and Triton before TensorFlow.

TensorFlow's kernels are oneDNN's on every processor; it would decide that by the processor, and has others without
AVX-512 VNNI, which lack much.
"""

import contextlib
import os

from hypothesis import settings

with contextlib.suppress(ImportError):  # comes with PyTorch's CUDA builds, and crashes after TensorFlow is loaded
    import triton  # noqa: F401

os.environ.setdefault("TF_ENABLE_ONEDNN_OPTS", "1")
settings.register_profile("suite", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("suite")
