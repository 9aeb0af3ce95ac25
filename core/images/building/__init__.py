"""Building a domain: vectors, prototypes, what each method names right, the report, and publishing it."""
