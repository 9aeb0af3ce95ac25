"""Parts of the page that finds perfumes."""
