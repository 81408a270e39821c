"""Keras as a candidate: `keras.ops` convolutions on two of its backends, derivatives by the backend, the update by SGD."""
