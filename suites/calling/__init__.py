"""Calls of a candidate, in this process or in one of its own: once, in company, and against the rules."""
