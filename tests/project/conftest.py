"""The small notebooks of the jobs tests serve here too."""

from tests.jobs.conftest import notebooks

__all__ = ["notebooks"]
