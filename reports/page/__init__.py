"""The HTML page of a run: one file with everything in it, readable without a network."""

from .html import render, write_page

__all__ = ["render", "write_page"]
