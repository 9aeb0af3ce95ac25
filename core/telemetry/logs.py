"""Structured logs: one JSON object a line on standard error, with request, job and user ids where they are known.

An exception is written as its type and where it came through: the text of a foreign one may hold a prompt, an address
or a row of the database. At the level `debug` its text is written as well.
"""

from __future__ import annotations

import sys
import traceback
from collections.abc import Callable, Mapping, MutableMapping
from functools import cache
from typing import Any

MOST_CAUSES = 4
MOST_FRAMES = 20
LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


@cache
def _configure() -> None:
    import structlog

    from core.settings.current import get_settings
    from core.telemetry.traces import add_trace_id

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            add_trace_id,
            _plain_exception,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[get_settings().log_level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # looked up anew: the stream may change
        cache_logger_on_first_use=False,
    )


def _plain_exception(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """`exc_info` as lines of "file:line function", innermost last, for the error and each one behind it."""
    given = event.pop("exc_info", None)
    error = given if isinstance(given, BaseException) else sys.exc_info()[1] if given else None
    told: list[dict[str, Any]] = []
    while error is not None and len(told) < MOST_CAUSES:
        frames = traceback.extract_tb(error.__traceback__)[-MOST_FRAMES:]
        one: dict[str, Any] = {
            "type": type(error).__name__,
            "frames": [f"{frame.filename}:{frame.lineno} {frame.name}" for frame in frames],
        }
        if (code := getattr(error, "code", None)) and isinstance(code, str):
            one["code"] = code
        if _tells_everything():
            one["text"] = str(error)
        told.append(one)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return {**event, "exception": told} if told else event


def _tells_everything() -> bool:
    from core.settings.current import get_settings

    return get_settings().log_level == "debug"


class Log:
    """A named log; the library is loaded with the first line."""

    def __init__(self, name: str) -> None:
        self.name = name

    def info(self, event: str, **values: Any) -> None:
        self._write("info", event, values)

    def warning(self, event: str, **values: Any) -> None:
        self._write("warning", event, values)

    def error(self, event: str, **values: Any) -> None:
        self._write("error", event, values)

    def _write(self, level: str, event: str, values: dict[str, Any]) -> None:
        import structlog

        _configure()
        getattr(structlog.get_logger(), level)(event, room=self.name, **values)


def get_logger(name: str) -> Log:
    return Log(name)


def bind(**values: str) -> None:
    """Add ids to every later line of this context (task or thread)."""
    _binding()(**values)


@cache
def _binding() -> Callable[..., object]:
    """Named once: every request comes here."""
    import structlog

    return structlog.contextvars.bind_contextvars
