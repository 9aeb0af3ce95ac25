"""How long ago something was, told apart from a clock that was set: a jump of the wall clock ages nothing.

A process compares the wall clock with a clock that nobody can set at each round; what the wall clock gained on it
is left out of every age from before that moment.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from core.storage.database import utc_now

SMALLEST_JUMP_S = 5.0  # below, it is a clock being kept right


def steady_s() -> float:
    """Seconds on a clock that nobody sets; where it is known, time asleep counts, too."""
    clock = getattr(time, "CLOCK_BOOTTIME", None)
    return time.monotonic() if clock is None else time.clock_gettime(clock)


@dataclass
class Watch:
    """What one process has seen of its wall clock. jumps: the last moment before each, and by how much it went [s]."""

    wall: datetime | None = None
    steady: float = 0.0
    jumps: list[tuple[datetime, float]] = field(default_factory=list)

    def look(self, now: datetime, steady: float) -> float:
        """Compare both clocks; how far the wall clock was set since the last look, 0 where it was not [s]."""
        jumped = 0.0
        if self.wall is not None:
            gained = (now - self.wall).total_seconds() - (steady - self.steady)
            if abs(gained) >= SMALLEST_JUMP_S:
                jumped = gained
                self.jumps.append((self.wall, gained))
        self.wall, self.steady = now, steady
        return jumped

    def age_s(self, moment: datetime, now: datetime) -> float:
        """Seconds from `moment` to `now`, never negative."""
        gained = sum(by for before, by in self.jumps if by > 0 and moment <= before)
        return max(0.0, (now - moment).total_seconds() - gained)


_watch = Watch()


def look() -> float:
    """Once a round; see Watch.look."""
    return _watch.look(utc_now(), steady_s())


def age_s(moment: datetime) -> float:
    """How long ago it was [s], whatever the wall clock was set to since this process began to look."""
    return _watch.age_s(moment, utc_now())


def age_days(moment: datetime) -> float:
    return age_s(moment) / timedelta(days=1).total_seconds()
