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
        self._first_look: threading.Thread | None = None
        self.is_pending = False  # between opening the port and `start`

    @property
    def is_starting(self) -> bool:
        """Until the first look at the parts is through: a probe meanwhile says "loading" rather than wait for it."""
        return self.is_pending or (self._first_look is not None and self._first_look.is_alive())

    def start(self, first_look: Load) -> None:
        """Load what was asked for, and look at every part once, in the background."""
        self._first_look = threading.Thread(target=first_look, name="first-look", daemon=True)
        self._first_look.start()
        self.is_pending = False
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
