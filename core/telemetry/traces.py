"""Spans of OpenTelemetry, sent to the collector of the setting `otlp_endpoint`; without one nothing is loaded or made.

Requests get theirs from the web framework, which is handed `tracer_provider`. Spans hold names and numbers of ours:
neither addresses as they were typed nor query strings leave this process.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, MutableMapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from functools import cache, wraps
from typing import Any, ParamSpec, TypeVar

from core.settings.current import get_settings

Given = ParamSpec("Given")
Result = TypeVar("Result")

SERVICE = "analyst-workbench"
NEVER_SENT = ("url.path", "url.query")  # http.route tells which address it was
EXPORT_S = 5  # a collector that does not answer is not waited for any longer
_NOTHING = nullcontext()


def is_on() -> bool:
    """Whether spans are made at all."""
    return bool(get_settings().otlp_endpoint)


def span(name: str, **attributes: str | int | float) -> AbstractContextManager[object]:
    """A span around a piece of work. attributes: names and numbers of ours, never what somebody wrote."""
    return _span(name, attributes) if is_on() else _NOTHING


def traced(name: str) -> Callable[[Callable[Given, Result]], Callable[Given, Result]]:
    """A span around every call of a function."""

    def wrap(function: Callable[Given, Result]) -> Callable[Given, Result]:
        @wraps(function)
        def call(*given: Given.args, **named: Given.kwargs) -> Result:
            with span(name):
                return function(*given, **named)

        return call

    return wrap


@contextmanager
def apart(name: str, **attributes: str | int | float) -> Iterator[None]:
    """A span that is nobody's surroundings: for work that is laid down and taken up again, as a stream is."""
    if not is_on():
        yield
        return
    made = tracer_provider().get_tracer(SERVICE).start_span(name, attributes=attributes)
    try:
        yield
    except Exception as error:
        _mark(made, error)
        raise
    finally:
        made.end()


@contextmanager
def _span(name: str, attributes: dict[str, str | int | float]) -> Iterator[object]:
    tracer = tracer_provider().get_tracer(SERVICE)
    told = {"attributes": attributes, "record_exception": False, "set_status_on_exception": False}
    with tracer.start_as_current_span(name, **told) as made:
        try:
            yield made
        except Exception as error:
            _mark(made, error)
            raise


def _mark(span: Any, error: Exception) -> None:
    from opentelemetry.trace import StatusCode

    span.set_attribute("error.type", type(error).__name__)  # its text may hold what somebody wrote
    span.set_status(StatusCode.ERROR)


def trace_id() -> str | None:
    """The trace that the current work belongs to, as 32 hexadecimal digits."""
    if not is_on():
        return None
    from opentelemetry.trace import format_trace_id, get_current_span

    context = get_current_span().get_span_context()
    return format_trace_id(context.trace_id) if context.is_valid else None


def trace_field() -> str:
    """For a log line that is written by hand: the field with the trace's id, or nothing."""
    found = trace_id()
    return f'"trace_id": "{found}", ' if found else ""


def add_trace_id(_logger: Any, _method: str, event: MutableMapping[str, Any]) -> Mapping[str, Any]:
    """For structlog: the same for its lines."""
    found = trace_id()
    return {**event, "trace_id": found} if found else event


def flush() -> None:
    """Send what waits: a server that is told to stop by a signal does not get to its end."""
    if is_on():
        tracer_provider().force_flush(1000 * EXPORT_S)


@cache
def tracer_provider() -> Any:
    """The provider of this process: spans wait in memory and leave in batches, also at the process's end."""
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
    from opentelemetry.sdk.resources import Resource
    from opentelemetry.sdk.trace import TracerProvider
    from opentelemetry.sdk.trace.export import BatchSpanProcessor

    address = f"{get_settings().otlp_endpoint.removesuffix('/')}/v1/traces"
    provider = TracerProvider(resource=Resource.create({"service.name": SERVICE}))
    provider.add_span_processor(_discreet())
    provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter(endpoint=address, timeout=EXPORT_S)))
    return provider


def _discreet() -> Any:
    from opentelemetry.sdk.trace import Span, SpanProcessor

    class Discreet(SpanProcessor):
        """Overwrites what a visitor typed before anybody sees it."""

        def on_start(self, span: Span, parent_context: Any = None) -> None:
            for name in NEVER_SENT:
                if span.attributes and name in span.attributes:
                    span.set_attribute(name, "")

    return Discreet()
