"""The pytest plugin: a marked or chosen candidate as test items."""
