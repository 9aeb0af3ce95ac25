"""The table shipped to try with. Its numbers are made up; it counts only until somebody imports a real one."""

from __future__ import annotations

from functools import cache
from importlib import resources

from core.fragrance.limits.importing import read_limits
from core.fragrance.limits.rules import LimitTable

SAMPLE = "sample"  # its id, whatever its bytes


@cache
def sample_table() -> LimitTable:
    """One value for the process."""
    content = resources.files(__package__ or "core.fragrance.limits").joinpath("sample_rules.csv").read_bytes()
    read = read_limits(content, "sample_rules.csv", name="Sample limits", source="sample", is_sample=True)
    return LimitTable(SAMPLE, read.name, read.amendment, read.amended_on, read.rules, True, read.source)
