"""The parts of the operations page."""
