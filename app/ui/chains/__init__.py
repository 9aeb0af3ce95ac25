"""The parts of the chains page."""
