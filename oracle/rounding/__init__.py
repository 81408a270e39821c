"""What rounding may come to, at most: of sums, of steps, of transforms and of Winograd's algorithms."""
