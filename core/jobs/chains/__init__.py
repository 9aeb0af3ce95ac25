"""Notebooks that run one after another, with what did not change reused."""
