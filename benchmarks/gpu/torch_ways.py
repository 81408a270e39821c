"""PyTorch's convolution in the ways that a GPU has it, as candidates; on the device that GPU_DEVICE names."""

from __future__ import annotations

import os

import torch

from convoracle.suites.candidates.pytorch.arithmetic import cpu_accumulators, cpu_conventions
from convoracle.suites.candidates.pytorch.builtin import Builtin
from convoracle.suites.candidates.pytorch.channels_last import channels_last
from convoracle.suites.candidates.pytorch.cuda import multipliers, on_gpu
from convoracle.suites.candidates.pytorch.tensors import to_tensor

ON_CPU = os.environ.get("GPU_DEVICE") == "cpu"


def channels_last_on_gpu(array):
    return channels_last(array).cuda()


class _Way(Builtin):
    """With cuDNN's settings made before a GPU is opened."""

    def __init__(self, name, *, tf32=True, benchmark=False, deterministic=False, last=False):
        torch.backends.cudnn.allow_tf32 = tf32
        torch.backends.cudnn.benchmark = benchmark
        torch.backends.cudnn.deterministic = deterministic
        if ON_CPU:
            declared = {"accumulators": cpu_accumulators(), "conventions": cpu_conventions()}
            super().__init__(name=name, to_tensor=channels_last if last else to_tensor, **declared)
            return
        conventions = {"algorithm": "transform"} | ({} if deterministic else {"repeatability": "varies"})
        put = channels_last_on_gpu if last else on_gpu
        super().__init__(name=name, multipliers=multipliers(), conventions=conventions, to_tensor=put)


class Tf32(_Way):
    def __init__(self):
        super().__init__("TF32")


class Single(_Way):
    def __init__(self):
        super().__init__("TF32 off", tf32=False)


class ChannelsLast(_Way):
    def __init__(self):
        super().__init__("channels last", last=True)


class Benchmarked(_Way):
    def __init__(self):
        super().__init__("cudnn.benchmark", benchmark=True)


class Deterministic(_Way):
    def __init__(self):
        super().__init__("deterministic", deterministic=True)
