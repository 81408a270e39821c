"""MLX as a candidate: its convolutions on the CPU, with derivatives by `mx.vjp`."""

from .builtin import candidate

__all__ = ["candidate"]
