"""The parts of the page on what was done."""
