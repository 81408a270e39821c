"""Expected results: the equations, and every faster way to the same numbers."""
