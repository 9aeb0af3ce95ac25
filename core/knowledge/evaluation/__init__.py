"""How well questions are answered: cases with a known outcome, measures, and what each run of them found."""
