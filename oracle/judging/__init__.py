"""Whether a result is right: within its bound, and NaN and Inf where they belong."""
