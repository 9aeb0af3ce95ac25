"""Notebooks and chains that run by the clock."""
