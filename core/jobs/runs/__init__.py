"""Runs as people look at them: found, followed back, read cell by cell, compared."""
