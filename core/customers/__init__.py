"""Customer clusters: profiles, evidence for clusters, personas and lookup."""
