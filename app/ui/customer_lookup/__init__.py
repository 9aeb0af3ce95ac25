"""The parts of the customer lookup page."""
