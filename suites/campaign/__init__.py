"""Runs of many parts on many workers, whatever engine they belong to; what they found is a run folder."""
