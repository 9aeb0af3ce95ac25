"""Wall and processor seconds inside chosen functions while other code calls them; no profiler takes part."""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Stopwatch:
    """laps: name -> wall and processor seconds of each call or block, in order. An inner call counts twice."""

    laps: dict[str, list[tuple[float, float]]] = field(default_factory=dict)

    @contextmanager
    def lap(self, name: str) -> Iterator[None]:
        wall, processor = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            taken = (time.perf_counter() - wall, time.process_time() - processor)
            self.laps.setdefault(name, []).append(taken)

    @contextmanager
    def inside(self, name: str, owner: Any, attribute: str) -> Iterator[None]:
        """Every call of `owner.attribute` is a lap, until the block ends."""
        plain: Callable[..., Any] = getattr(owner, attribute)

        @functools.wraps(plain)
        def timed(*args: Any, **options: Any) -> Any:
            with self.lap(name):
                return plain(*args, **options)

        setattr(owner, attribute, timed)
        try:
            yield
        finally:
            setattr(owner, attribute, plain)

    def median(self, name: str) -> tuple[float, float]:
        """Wall and processor seconds; 0 where nothing was called."""
        laps = self.laps.get(name, [(0.0, 0.0)])
        return statistics.median(wall for wall, _ in laps), statistics.median(one for _, one in laps)

    def total(self, name: str) -> tuple[float, float]:
        laps = self.laps.get(name, [])
        return sum(wall for wall, _ in laps), sum(one for _, one in laps)
