"""What a fault is: whether it comes of earlier calls, what explains it, and who else shows it."""
