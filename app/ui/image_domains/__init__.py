"""What the page image_domains draws."""
