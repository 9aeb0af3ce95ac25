"""Passages found by words and vectors together, among those that may be read."""
