"""What an operator sees and does: figures and checks, work and disk, dependencies, settings, backup and restore."""
