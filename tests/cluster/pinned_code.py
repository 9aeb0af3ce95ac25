"""Loaded by the tests' workers before all else: an edit of the project during a test is no other installation."""

from __future__ import annotations

from core.cluster import worker_facts

CODE = "of the tests"


def dask_setup(_worker: object) -> None:
    """Called by the worker that preloads this."""
    worker_facts.code = lambda: CODE  # type: ignore[assignment]
