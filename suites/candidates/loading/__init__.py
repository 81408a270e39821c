"""Candidates from what a user gives: a file, a module, a name, an object."""
