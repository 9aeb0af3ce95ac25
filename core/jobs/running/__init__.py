"""Carrying jobs out: claimed, started somewhere, watched, ended truthfully."""
