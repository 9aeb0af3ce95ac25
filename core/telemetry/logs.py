"""Structured logs: one JSON object a line on standard error, with request, job and user ids where they are known."""

from __future__ import annotations

from functools import cache
from typing import Any

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40}


@cache
def _configure() -> None:
    import sys

    import structlog

    from core.settings.current import get_settings

    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(LEVELS[get_settings().log_level]),
        logger_factory=lambda *_: structlog.PrintLogger(sys.stderr),  # looked up anew: the stream may change
        cache_logger_on_first_use=False,
    )


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
    import structlog

    structlog.contextvars.bind_contextvars(**values)
