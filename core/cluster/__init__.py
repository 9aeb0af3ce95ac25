"""A Dask cluster that work is handed to where the settings name one: its client, and spreading over its workers."""
