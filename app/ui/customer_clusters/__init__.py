"""The parts of the page on customer clusters."""
