"""What a job uses: memory and processor time of the runner and of every process below it."""

from __future__ import annotations

from dataclasses import dataclass, field

import psutil

MB = 1_000_000


@dataclass
class ResourceUse:
    """Measured from its making on: a runner that waited for its job ahead does not count that time as the job's."""

    processor_before_s: float = field(default_factory=lambda: _now()[1])
    peak_memory_mb: float = 0.0
    processor_s: float = 0.0

    def measure(self) -> dict[str, float]:
        """memory_mb now, peak_memory_mb of all looks so far [MB resident], and processor_s used so far [s].

        Pages that several processes share count in each. The peak is that of the moments looked at.
        """
        memory_mb, processor_s = _now()
        self.peak_memory_mb = max(self.peak_memory_mb, memory_mb)
        # A process that was orphaned takes its time along; what was told once is never taken back.
        self.processor_s = max(self.processor_s, processor_s - self.processor_before_s)
        return {
            "memory_mb": round(memory_mb, 1),
            "peak_memory_mb": round(self.peak_memory_mb, 1),
            "processor_s": round(self.processor_s, 2),
        }


def _now() -> tuple[float, float]:
    own = psutil.Process()
    memory, processor_s = 0, 0.0
    for process in (own, *own.children(recursive=True)):
        try:
            with process.oneshot():
                memory += process.memory_info().rss
                times = process.cpu_times()
        except psutil.Error:  # it ended meanwhile; its parent has its time now
            continue
        processor_s += times.user + times.system + times.children_user + times.children_system
    return memory / MB, processor_s
