"""What all tests share: Hypothesis without deadlines, in CI with the same examples, and Triton before TensorFlow."""

import contextlib
import os

from hypothesis import settings

with contextlib.suppress(ImportError):  # comes with PyTorch's CUDA builds, and crashes after TensorFlow is loaded
    import triton  # noqa: F401

settings.register_profile("suite", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("suite")
