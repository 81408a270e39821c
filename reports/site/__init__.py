"""The report as a small site of static pages, readable from a file and without a network."""

from .writing import SiteWriter

__all__ = ["SiteWriter"]
