"""From the bytes of a file to its text, block by block, with the places where each stands."""
