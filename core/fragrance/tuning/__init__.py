"""Tuning a sentence encoder and a story writer on pairs of briefs and perfumes."""
