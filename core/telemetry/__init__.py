"""What the operator sees: logs and health."""
