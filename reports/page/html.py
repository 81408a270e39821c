"""Fills the page's template; styles and script are written into it, and no other source is allowed to load."""

from __future__ import annotations

import base64
import hashlib
import os
from functools import cache
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING

from markupsafe import Markup

from ..files.layout import PAGE
from ..records.totals import Run
from .view import view

if TYPE_CHECKING:
    from jinja2 import Environment


def render(run: Run, folder: str | os.PathLike[str]) -> str:
    """The page of a run as HTML text; `folder` is the run's, from which the arrays of its mismatches are read."""
    style, script = _asset("style.css"), _asset("script.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return _environment().get_template("template.html").render(
        page=view(run, Path(folder)), style=Markup(style), script=Markup(script), script_hash=f"sha256-{digest}"
    )  # fmt: skip


def write_page(run: Run, folder: str | os.PathLike[str]) -> Path:
    """Write ``index.html`` into the run's folder and return its path."""
    path = Path(folder) / PAGE
    path.write_text(render(run, folder), "utf-8", "backslashreplace")
    return path


@cache
def _environment() -> Environment:
    from jinja2 import DictLoader, Environment, StrictUndefined  # takes longer to import than all else in this room

    return Environment(
        loader=DictLoader({"template.html": _asset("template.html")}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _asset(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
