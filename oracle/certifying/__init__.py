"""Whole layers, proven right by random combinations of their elements."""
