"""Typed settings of all processes, in groups, with one precedence."""
