"""Notebooks as jobs: catalogue, records, runner and dispatcher."""
