"""Synthetic impressions with planted effects, and the words for them."""
