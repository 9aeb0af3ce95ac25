"""A model at work: its predictions, the clicks that came, drift, alerts and dashboards."""
