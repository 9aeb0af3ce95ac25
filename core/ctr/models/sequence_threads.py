"""Numeric threads while the sequence network works: as many as the settings say, put back afterwards.

A second thread under load made training many times slower, so the setting's default is one.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING

from core.settings.current import get_settings

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController


@contextmanager
def numeric_threads() -> Iterator[None]:
    import torch

    threads, before = get_settings().threads, torch.get_num_threads()
    torch.set_num_threads(threads)
    try:
        # The compiled kernel multiplies with SciPy's BLAS, which torch's setting does not reach.
        with _pools().limit(limits=threads):
            yield
    finally:
        torch.set_num_threads(before)


@cache
def _pools() -> ThreadpoolController:
    """The libraries with threads of their own; looking them up takes longer than scoring a row."""
    import scipy.linalg.cython_blas  # noqa: F401 - loads the BLAS the kernel calls, so that it is among them
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()
