"""The parts of the CTR monitoring page."""
