"""What the operator sees: logs, health, and measures of the machine and its requests."""
