"""Foundations that keep things: database, datasets, artifacts and the champion of each room."""
