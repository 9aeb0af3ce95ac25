"""How well searches find and how good generated formulas are, measured."""
