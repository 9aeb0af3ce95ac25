"""Finding perfumes, materials and formulas by words, meaning, filters, likeness or a photo."""
