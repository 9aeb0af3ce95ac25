"""Staying up while parts fail: models kept in memory within a budget."""
