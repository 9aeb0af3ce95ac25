"""Documents of any office kind: read, cut into passages, found again."""
