"""How good click models are on rows they have not seen, with intervals."""
