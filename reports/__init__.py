"""What is kept of a run and how it is shown: records, the run folder, the page, junit.xml, the terminal.

The names are those of `__init__.pyi`, each imported when it is asked for: who needs one does not wait for all.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
