"""Files of impressions: their columns, what is wrong with them, and their rows as models read them."""
