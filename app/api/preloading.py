"""Loads models after the API listens: each one named by the setting `preload` in a thread of its own."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Mapping
from functools import partial

from core.errors import WorkbenchError
from core.telemetry.health import Health, Probe, State
from core.telemetry.logs import bind, get_logger

Load = Callable[[], object]
PATIENCE_S = 0.2  # that a probe waits for another try at a model that could not be loaded
_BROKE_OFF = object()  # a try that left no word: its thread died of what nobody expected
log = get_logger("api")


class Preloading:
    """Which models were asked for, and how far each has come."""

    def __init__(self, names: Iterable[str], loaders: Mapping[str, Load]) -> None:
        self._loaders = {name: loaders[name] for name in names if name in loaders}
        self._threads: dict[str, threading.Thread] = {}
        self._ends: dict[str, WorkbenchError | None] = {}  # how the last try of each model ended; None: it is loaded
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
        for name in self._loaders:
            self._begin(name)

    def probes(self) -> tuple[Probe, ...]:
        return tuple(Probe(f"preload:{name}", partial(self._state, name)) for name in self._loaders)

    def _begin(self, name: str) -> threading.Thread:
        thread = threading.Thread(target=self._load, args=(name,), name=f"preload-{name}", daemon=True)
        self._threads[name] = thread
        thread.start()
        return thread

    def _load(self, name: str) -> None:
        try:
            self._loaders[name]()
        except WorkbenchError as error:  # nothing trained yet, say; the first call that needs it tries again
            before, self._ends[name] = self._ends.get(name), error
            if before is None or before.text() != error.text():  # said once, however often probes ask
                log.warning("preload failed", model=name, reason=error.code)
        else:
            self._ends[name] = None

    def _state(self, name: str) -> Health:
        """What its thread left behind. A model that could not be loaded is tried again, in a thread of its own: a
        probe waits for the end of that only where it comes at once."""
        thread = self._threads.get(name)
        if thread is None:
            return Health(State.LOADING)
        if not thread.is_alive() and self._ends.get(name, _BROKE_OFF) is not None:
            thread = self._begin(name)
            thread.join(PATIENCE_S)
        if name not in self._ends:
            return Health(State.LOADING)
        if (error := self._ends[name]) is not None:
            raise error.with_traceback(None)
        return Health(State.OK)
