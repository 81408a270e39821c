"""Numbers: formats, conversions between them, exact ones, and what arithmetic can be declared."""
