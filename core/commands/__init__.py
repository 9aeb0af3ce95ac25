"""Commands of `workbench` that belong together: one file for each of its groups, which `core.cli` puts in place."""
