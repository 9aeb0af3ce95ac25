"""What the page image_matching draws."""
