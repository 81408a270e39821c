"""What a case feeds: integers of a lattice, or reals of many sizes."""
