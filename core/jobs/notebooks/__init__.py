"""Notebooks that can be run: read, refused with a reason, begun from a template, opened in the lab."""
