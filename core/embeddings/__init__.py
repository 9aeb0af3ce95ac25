"""Text and image encoders behind one call each."""
