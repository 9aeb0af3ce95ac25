"""Thresholds for a stated share of accepted unknown pictures, and what they do on pictures that chose nothing."""
