"""Passages of documents: cut, stored, and given vectors."""
