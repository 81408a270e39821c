"""JAX as a candidate: `lax.conv_general_dilated` on the CPU, its derivatives by `jax.vjp` and `jax.jvp`, all compiled.

No array is made while this is imported, so that JAX starts its threads in the
process that makes the calls. 64-bit numbers are switched on, for the whole process.
"""

from .builtin import candidate

__all__ = ["candidate"]
