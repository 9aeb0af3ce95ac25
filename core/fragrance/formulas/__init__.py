"""Formulas in milligrams of 100 g: entering, versions, differences, batches, costs, the compounding sheet."""
