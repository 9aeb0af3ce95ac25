"""Limits of the finished product, as data: rules, what a formula holds of each substance, the check, labelling."""
