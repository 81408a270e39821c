"""What is kept of a run: verdicts by case, mismatches with their evidence, and their form as documents."""
