"""What a candidate takes, found out by asking: forms, variations of them, and the matrix of its support."""
