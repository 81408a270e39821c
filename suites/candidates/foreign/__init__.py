"""Candidates that are no Python: shared libraries by the C interface, and programs by the protocol."""
