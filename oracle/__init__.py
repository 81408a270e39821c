"""What is true of a convolution: its equations, exact results, rounding bounds and verdicts.

The names are those of `__init__.pyi`, each imported when it is asked for: who needs one does not wait for all.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
