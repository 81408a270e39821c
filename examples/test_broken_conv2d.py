"""The example under pytest: `pytest examples/test_broken_conv2d.py` shows the counterexample."""

from broken_conv2d import conv2d


def test_conv2d(conformance):
    conformance.check(conv2d)
