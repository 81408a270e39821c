"""SciPy, `scipy.signal.convolve` by sums of products, mode "full", two axes: NaN reaches sums in which it has no part.

The zeros that the mode puts around the input are multiplied by the kernel, and 0 NaN is NaN; with one axis they are
not. float64, input of 2 by 2, kernel of 2 by 2. Exits 1 where the defect shows, 0 where it does not.
"""

import sys

import numpy as np
import scipy.signal

x = np.array([[1.0, 2.0], [3.0, 4.0]])
w = np.array([[np.nan, 1.0], [10.0, 100.0]])
expected = 4.0 * 100.0  # the last sum, x[1, 1] w[1, 1]
got = float(scipy.signal.convolve(x, w, mode="full", method="direct")[-1, -1])
print("expected:", expected)
print("got:     ", got)
sys.exit(got != expected)
