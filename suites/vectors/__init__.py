"""Vectors: frozen cases with exact expected results, for people who will not install anything."""
