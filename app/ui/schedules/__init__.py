"""The parts of the page of schedules."""
