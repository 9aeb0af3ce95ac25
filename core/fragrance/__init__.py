"""Perfumery: materials and perfumes, limits, formulas composed from a brief, search by mood and ingredients."""
