"""NumPy, `np.einsum` over an axis of length 0: what lies in memory behind an empty operand becomes part of the sums.

An empty array that NumPy makes has strides of 0. Then the first element, which is not there, is read and multiplied by
a sum of 0, which makes NaN of NaN and of Inf. Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import numpy as np

memory = np.full(8, np.nan)
empty = np.lib.stride_tricks.as_strided(memory[4:4], (0, 3), np.empty((0, 3)).strides)
expected = np.zeros((2, 3))  # sums of no terms
got = np.einsum("ij,jk->ik", memory[1:1].reshape(2, 0), empty)
print("expected:", expected.tolist())
print("got:     ", got.tolist())
sys.exit(not np.array_equal(got, expected))
