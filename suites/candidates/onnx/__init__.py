"""ONNX models of one node, and the runtimes that run them."""
