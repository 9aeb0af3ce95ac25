"""Counting for whoever scrapes /metrics, and the text they read. Names and labels stand in `metric_list`.

Prometheus asks this machine how things are now, and keeps the history itself. The windows of `request_counts` and
`measures` are for the workbench's own pages and alerts: they lie in the database, so every process reads the same ones
and a restart loses none. A request is noted once and feeds both. All processes of a machine count into one folder, so
one scrape of any API worker tells of pages and jobs as well.

Functions here are called where the thing happens, once for each, and never raise.
"""

from __future__ import annotations

import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from core.telemetry.metric_registry import child, exposition

UNMATCHED = "unmatched"  # no route of ours: the address is a stranger's words
ENCODERS = {
    "text_encoder": "text_encoder", "text_model": "text_encoder", "text_tower": "image_encoder",
    "image_encoder": "image_encoder", "rerank_model": "reranker",
}  # fmt: skip

Answered = tuple[Any, str, int, float]  # route object or None, method, status, seconds


def count_error(room: str, code: str) -> None:
    """An error that a person was told. room: the file of its sentence; code: the name of its class."""
    child("errors_total", room=room, kind=code).inc()


def count_cache(kind: str, is_hit: bool) -> None:
    """One look into the cache of repeated results."""
    child("cache_operations_total", cache=kind, operation="hit" if is_hit else "miss").inc()


def count_search(room: str, kind: str = "text") -> None:
    """One search. room: "fragrance" or "knowledge"; kind: by "text" (a picture's words too) or "similar"."""
    if room == "knowledge":
        child("knowledge_searches_total").inc()
    else:
        child("fragrance_searches_total", kind=kind).inc()


def count_generation(*, is_made: bool) -> None:
    """A brief that formulas were asked for; refused where no formula can meet it."""
    child("fragrance_generations_total", outcome="made" if is_made else "refused").inc()


def count_match(*, is_unknown: bool) -> None:
    """The verdict on one picture in one domain."""
    child("image_matches_total", verdict="unknown" if is_unknown else "known").inc()


def count_answer(state: str, seconds: float) -> None:
    """How the chat ended with a question: the state of its answer, or "stopped" or "failed"."""
    child("chat_requests_total", state=state).inc()
    child("chat_processing_seconds").observe(seconds)
    if state == "failed":
        child("chat_request_errors_total").inc()


def count_tokens(provider: str, *, read: int | None, written: int | None) -> None:
    """As the server told them; None where it did not."""
    for direction, count in (("in", read), ("out", written)):
        if count:
            child("llm_tokens_total", provider=provider, direction=direction).inc(count)


def observe_inference(model: str, seconds: float) -> None:
    """One answer of a model of ours."""
    child("model_inference_total", model=model).inc()
    child("model_inference_duration_seconds", model=model).observe(seconds)


def observe_queue_wait(seconds: float) -> None:
    """How long a job waited that was taken just now."""
    child("job_queue_wait_seconds").observe(max(0.0, seconds))


@contextmanager
def inference(model: str) -> Iterator[None]:
    """Observe what is done inside as one answer of the model; what raises was none."""
    began = time.perf_counter()
    yield
    observe_inference(model, time.perf_counter() - began)


@contextmanager
def llm_call(provider: str, *, hung_up: type[Exception]) -> Iterator[None]:
    """Observe one call of a chat model's server. hung_up: says that the listener went, which is no failure."""
    began = time.perf_counter()
    child("llm_calls_total", provider=provider).inc()
    try:
        yield
    except hung_up:
        raise
    except Exception:
        child("llm_api_errors_total", provider=provider).inc()
        raise
    finally:
        child("llm_call_duration_seconds", provider=provider).observe(time.perf_counter() - began)


def set_resident(sizes: Mapping[str, int]) -> None:
    """What this process holds in memory now: key of each loaded model, and its size in bytes."""
    totals = dict.fromkeys(_models_seen, 0)  # one that was let go of reads zero
    for key, size in sizes.items():
        model = model_of(key)
        totals[model] = totals.get(model, 0) + size
    _models_seen.update(totals)
    for model, size in totals.items():
        child("resident_model_bytes", model=model).set(size)
    torch = sys.modules.get("torch")
    if torch is not None and torch.cuda.is_available():
        child("model_gpu_memory_usage_mb", device="cuda").set(torch.cuda.memory_allocated() / 1e6)


def set_connections(http: int, websockets: int) -> None:
    """What this worker of the API has open, and its connections to the database."""
    from core.storage.database import engine

    child("active_connections", kind="http").set(http)
    child("active_connections", kind="websocket").set(websockets)
    pool = engine().pool if engine.cache_info().currsize else None
    if pool is not None and hasattr(pool, "checkedout") and hasattr(pool, "checkedin"):
        child("database_connections", state="in_use").set(pool.checkedout())
        child("database_connections", state="idle").set(pool.checkedin())


def count_requests(answered: list[Answered]) -> None:
    """Requests of one worker, noted since the last time."""
    named = [(method, template(route), str(status)) for route, method, status, _ in answered]
    for (method, route, status), count in Counter(named).items():
        child("http_requests_total", method=method, route=route, status=status).inc(count)
    for (method, route, _), (*_, seconds) in zip(named, answered, strict=True):
        child("http_request_duration_seconds", method=method, route=route).observe(seconds)


def template(route: Any) -> str:
    """The address of a route as it was declared; never what somebody typed."""
    return getattr(route, "path", "") or UNMATCHED


def model_of(key: str) -> str:
    """Which of the few names a resident model counts under: its encoder's kind, else its room."""
    first = key.partition(":")[0].partition(".")[0]
    return ENCODERS.get(first, first)


def text() -> bytes:
    """What all processes of this machine counted, and the figures of now, in the format of Prometheus."""
    return exposition()


_models_seen: set[str] = set()
