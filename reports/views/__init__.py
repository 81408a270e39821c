"""What is said of a run, in words: causes, what was compared and what not, tables for a terminal."""
