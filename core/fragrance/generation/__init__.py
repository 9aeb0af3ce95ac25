"""From a brief to formulas: reading words, constraints, the solver, alternatives, reasons, conflicts."""
