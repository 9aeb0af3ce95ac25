"""Loads models after the API listens: each one named by the setting `preload` in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from core.errors import WorkbenchError
from core.telemetry.health import Health, Probe, State
from core.telemetry.logs import bind, get_logger

Load = Callable[[], object]
log = get_logger("api")


class Preloading:
    """Which models were asked for, and how far each has come."""

    def __init__(self, names: Iterable[str], loaders: Mapping[str, Load]) -> None:
        self._loaders = {name: loaders[name] for name in names if name in loaders}
        self._threads: dict[str, threading.Thread] = {}

    def start(self) -> None:
        threading.Thread(target=bind, name="preload-logs", daemon=True).start()  # loads the log library
        for name, load in self._loaders.items():
            thread = threading.Thread(target=self._load, args=(name, load), name=f"preload-{name}", daemon=True)
            self._threads[name] = thread
            thread.start()

    def probes(self) -> tuple[Probe, ...]:
        return tuple(Probe(f"preload:{name}", partial(self._state, name)) for name in self._loaders)

    def _load(self, name: str, load: Load) -> None:
        try:
            load()
        except WorkbenchError as error:  # nothing trained yet, say; the first call that needs it tries again
            log.warning("preload failed", model=name, code=error.code, reason=error.text())

    def _state(self, name: str) -> Health:
        """Loading while its thread runs; later a loaded model is ok at once and a missing one is tried again."""
        thread = self._threads.get(name)
        if thread is None or thread.is_alive():
            return Health(State.LOADING)
        self._loaders[name]()
        return Health(State.OK)
