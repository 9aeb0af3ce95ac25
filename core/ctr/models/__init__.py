"""The models that predict clicks."""
