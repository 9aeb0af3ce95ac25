"""Click-through rate: impressions, their quality, baselines compared fairly, and the decision in money."""
