"""The flags of MIOpen's driver for a convolution, and what each is where it is left out.

Source: https://github.com/ROCm/MIOpen, driver/conv_driver.hpp.
"""

from __future__ import annotations

FLAGS = {
    "spatial_dim": "2",
    "batchsize": "100",
    "in_channels": "3",
    "out_channels": "32",
    "group_count": "1",
    **{f"in_{axis}": "32" for axis in "dhw"},
    **{f"fil_{axis}": "3" for axis in "dhw"},
    **{f"conv_stride_{axis}": "1" for axis in "dhw"},
    **{f"dilation_{axis}": "1" for axis in "dhw"},
    **{f"pad_{axis}": "0" for axis in "dhw"},
    **{f"trans_output_pad_{axis}": "0" for axis in "dhw"},
    "mode": "conv",
    "pad_mode": "default",
}
"""Those that say what the geometry is."""
_OF_GEOMETRY = {
    "_": "spatial_dim", "n": "batchsize", "c": "in_channels", "k": "out_channels", "g": "group_count",
    "!": "in_d", "H": "in_h", "W": "in_w", "@": "fil_d", "y": "fil_h", "x": "fil_w",
    "#": "conv_stride_d", "u": "conv_stride_h", "v": "conv_stride_w",
    "^": "dilation_d", "l": "dilation_h", "j": "dilation_w", "$": "pad_d", "p": "pad_h", "q": "pad_w",
    "%": "trans_output_pad_d", "Y": "trans_output_pad_h", "X": "trans_output_pad_w", "m": "mode", "z": "pad_mode",
}  # fmt: skip
_OF_OTHERS = {
    "I": "in_layout", "O": "out_layout", "f": "fil_layout", "F": "forw", "r": "pad_val", "i": "iter", "V": "verify",
    "C": "verification_cache", "t": "time", "w": "wall", "s": "search", "P": "printconv", "o": "dump_output",
    "d": "in_data", "e": "weights", "b": "bias", "Z": "tensor_vect", "L": "vector_length", "a": "in_bias",
    "D": "dout_data", "S": "solution", "G": "gpualloc", "U": "in_cast_type", "T": "out_cast_type", "R": "wei_cast_type",
}  # fmt: skip
OTHERS = frozenset(_OF_OTHERS.values())
"""Those that say how it is run and shown; passes, layouts and dtypes are asked for otherwise."""
LETTERS = _OF_GEOMETRY | _OF_OTHERS
"""Long names by the short ones."""
