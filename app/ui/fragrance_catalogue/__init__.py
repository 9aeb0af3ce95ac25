"""Parts of the page of materials, limits and perfumes."""
