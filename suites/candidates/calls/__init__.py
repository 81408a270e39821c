"""How the arguments of a call follow from operands and geometry, and how they are written out."""
