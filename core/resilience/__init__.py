"""Staying up while parts fail: guarded calls to the outside, and models kept in memory within a budget."""
