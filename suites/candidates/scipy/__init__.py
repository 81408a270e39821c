"""SciPy as a candidate: by sums, and by transforms."""
