"""The convolution itself: its geometry, its passes and how their arrays lie in memory."""
