"""The properties that a candidate must have on a case, one module each."""
