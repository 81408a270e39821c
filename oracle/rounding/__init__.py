"""What rounding may come to, at most: of sums, of steps and of transforms."""
