"""Hypothesis as the whole suite uses it: no deadlines, and the same examples every time in CI."""

import os

from hypothesis import settings

settings.register_profile("suite", deadline=None, derandomize="CI" in os.environ)
settings.load_profile("suite")
