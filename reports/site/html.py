"""Fills a template; styles and script are written into the page, and nothing loads but what that script asks for."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

from markupsafe import Markup

from ..files.layout import ACCURACY, CASES, CERTIFICATES, IDENTITY, MATRIX, PAGE

if TYPE_CHECKING:
    from jinja2 import Environment

_PAGES = ("front", "matrix", "cases", "accuracy", "mismatch", "comparison", "campaign", "identity", "certificates")
_ALONE = ("identity_alone", "certificates_alone")
_TEMPLATES = tuple(f"{name}.html" for name in ("frame", "base", "alone", *_PAGES, *_ALONE, "macros"))
_NAVIGATION = (
    ("Overview", "overview", PAGE),
    ("Matrix", MATRIX, f"{MATRIX}/{PAGE}"),
    ("Cases", CASES, f"{CASES}/{PAGE}"),
    ("Precision", ACCURACY, f"{ACCURACY}/{PAGE}"),
)
_BESIDE = (
    ("Whole layers", CERTIFICATES, f"{CERTIFICATES}/{PAGE}"),
    ("Arithmetic", IDENTITY, f"{IDENTITY}/{PAGE}"),
)


def page(template: str, view: object, *, root: str, scripts: tuple[str, ...] = (), beside: tuple[str, ...] = ()) -> str:
    """A page as HTML text.

    Parameters
    ----------
    template : str
    view : object
        What the template calls `page`.
    root : str
        The way to the run's folder: ``../``.
    scripts : tuple of str
        Those of this page beside `page.js`.
    beside : tuple of str
        The folders of pages that not every run has, and this one does.
    """
    style = _asset("style.css")
    script = "\n".join(['"use strict";', *(f"{{\n{_asset(name)}}}" for name in ("page.js", *scripts))])
    return (
        _environment()
        .get_template(template)
        .render(
            page=view,
            root=root,
            navigation=(*_NAVIGATION, *(each for each in _BESIDE if each[1] in beside)),
            style=Markup(style),
            script=Markup(script),
            style_source=_source(style),
            script_source=_source(script),
        )
    )


def data(value: Any) -> Markup:
    """JSON text that stays text inside an element of a page."""
    text = json.dumps(value, separators=(",", ":"), allow_nan=False)
    return Markup(text.replace("<", "\\u003c").replace(">", "\\u003e").replace("&", "\\u0026"))


def _source(text: str) -> str:
    """The name by which a policy allows an element with just this text."""
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


@cache
def _environment() -> Environment:
    from jinja2 import DictLoader, Environment, StrictUndefined  # takes longer to import than all else in this room

    return Environment(
        loader=DictLoader({name: _read(f"templates/{name}") for name in _TEMPLATES}),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


@cache
def _asset(name: str) -> str:
    return _read(f"assets/{name}")


def _read(name: str) -> str:
    return resources.files(__package__).joinpath(name).read_text("utf-8")
