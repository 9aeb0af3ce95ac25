"""The parts of the CTR training page."""
