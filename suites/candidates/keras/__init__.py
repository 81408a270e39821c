"""Keras as a candidate: `keras.ops` convolutions on two of its backends, which derive them; the update by SGD."""
