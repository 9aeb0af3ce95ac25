"""The only home of loaded models: each is loaded once per process, kept within a memory budget, and unloaded
least recently used first."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, TypeVar

from core.telemetry.metrics import set_resident

Model = TypeVar("Model")


@dataclass(frozen=True)
class ResidentSeen:
    """A loaded model as an operator sees it; last_used_at is when it was last asked for."""

    key: str
    version: str
    size_bytes: int
    uses: int
    last_used_at: datetime


@dataclass
class _Resident:
    version: str
    model: Any
    size_bytes: int
    uses: int = 0
    last_used: float = 0.0  # seconds since 1970: a date for each use would cost more than finding the model


class ResidentModels:
    """Keeps loaded models by key; a new version replaces the old one once it has loaded."""

    def __init__(self, budget_bytes: int) -> None:
        self.budget_bytes = budget_bytes
        self._models: OrderedDict[str, _Resident] = OrderedDict()
        self._loading: dict[str, threading.Lock] = {}
        self._guard = threading.Lock()

    def get(self, key: str, version: str, load: Callable[[], Model], *, size_bytes: int = 1_000_000) -> Model:
        """The model under `key` at `version`, loading it if need be; callers meanwhile wait for that one load.

        Whatever `load` raises is passed on and nothing is kept, so the next call tries again.
        """
        resident = self._models.get(key)
        if resident is None or resident.version != version:
            with self._guard:
                lock = self._loading.setdefault(key, threading.Lock())
            with lock:
                resident = self._models.get(key)
                if resident is None or resident.version != version:
                    resident = _Resident(version, load(), size_bytes)
                    with self._guard:
                        self._models[key] = resident
                        self._make_room(keep=key)
                    self._tell()
        resident.uses += 1
        resident.last_used = time.time()
        with self._guard:
            if key in self._models:
                self._models.move_to_end(key)
        model: Model = resident.model
        return model

    def unload(self, key: str) -> bool:
        """Forget a model; memory is free once its last user lets go. Whether it was there."""
        with self._guard:
            was_there = self._models.pop(key, None) is not None
        self._tell()
        return was_there

    def report(self) -> tuple[ResidentSeen, ...]:
        """What is loaded now, least recently used first: in the order in which it would be unloaded."""
        with self._guard:
            held = list(self._models.items())
        return tuple(
            ResidentSeen(key, one.version, one.size_bytes, one.uses, datetime.fromtimestamp(one.last_used, UTC))
            for key, one in held
        )

    def loaded(self) -> dict[str, dict[str, object]]:
        """What is loaded now: version, size in bytes and number of uses."""
        with self._guard:
            return {
                key: {"version": one.version, "size_bytes": one.size_bytes, "uses": one.uses}
                for key, one in self._models.items()
            }

    def _tell(self) -> None:
        with self._guard:
            sizes = {key: one.size_bytes for key, one in self._models.items()}
        set_resident(sizes)

    def _make_room(self, keep: str) -> None:
        total = sum(one.size_bytes for one in self._models.values())
        for key in list(self._models):
            if total <= self.budget_bytes:
                return
            if key != keep:
                total -= self._models.pop(key).size_bytes


_models: ResidentModels | None = None


def resident_models() -> ResidentModels:
    """The models of this process, with the budget of the setting `model_memory_mb`."""
    global _models  # noqa: PLW0603 - one per process is the point
    if _models is None:
        from core.settings.current import get_settings

        _models = ResidentModels(get_settings().model_memory_mb * 1_000_000)
    return _models


def report() -> tuple[ResidentSeen, ...]:
    """`resident_models().report()`: the models of this process."""
    return resident_models().report()


def release(key: str) -> bool:
    """Unload a model of this process; whether it was loaded. The next call loads it again."""
    return resident_models().unload(key)


def resident(key: str, version: str, load: Callable[[], Model], *, size_bytes: int = 1_000_000) -> Model:
    """`resident_models().get(...)`: the model of this process under `key` at `version`."""
    return resident_models().get(key, version, load, size_bytes=size_bytes)
