"""What is run: strategies, candidates, checks, the runner, the command and the pytest plugin.

Nothing is imported here: pytest loads this package at every start-up.
"""
