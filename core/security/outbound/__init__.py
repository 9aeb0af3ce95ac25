"""The guarded way to addresses that visitors name."""
