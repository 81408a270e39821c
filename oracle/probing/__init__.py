"""What arithmetic an implementation has, from its answers to inputs that are made for it."""
