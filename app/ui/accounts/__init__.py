"""The parts of the accounts page."""
