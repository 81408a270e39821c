"""The documentation as a site: sphinx-build -W docs docs/_build, without a network."""

import re
import sys
from importlib.metadata import version as version_of
from pathlib import Path

from sphinx.application import Sphinx

sys.path.insert(0, str(Path(__file__).parent / "_extensions"))

project = "convoracle"
release = version = version_of("convoracle")
copyright = "the authors of convoracle"
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx.ext.napoleon", "commands", "mathml"]
exclude_patterns = ["_build"]
default_role = "literal"
smartquotes = False
pygments_dark_style = "github-dark"

myst_enable_extensions = ["dollarmath"]
myst_heading_anchors = 3

autodoc_typehints = "none"
autodoc_member_order = "groupwise"
napoleon_google_docstring = False

html_theme = "furo"
html_title = "convoracle"
html_math_renderer = "mathml"
html_copy_source = False
html_show_sphinx = False
html_static_path = ["_static"]
html_css_files = ["site.css"]


def _with_stars(app: Sphinx, what: str, name: str, thing: object, options: object, lines: list[str]) -> None:
    """Shapes such as (N, C, *I) are no emphasis."""
    lines[:] = [re.sub(r"(?<!\\)\*(?=[A-Z]\b)", r"\\*", line) for line in lines]


def setup(app: Sphinx) -> None:
    """Docstrings are read before napoleon takes them apart."""
    app.connect("autodoc-process-docstring", _with_stars, priority=100)
