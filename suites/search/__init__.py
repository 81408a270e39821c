"""The search for faults: a candidate is asked case by case, and what it is wrong in is pursued and shrunk."""
