"""Parts of the page of formulas."""
