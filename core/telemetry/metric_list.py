"""Every number that /metrics counts: its name, its labels, the words a label may hold, and how many series that makes.

The documented names keep their spelling. A label with a set of words takes no other: what is not among them counts as
"other". Routes and error kinds have no set here, because the code itself bounds them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Kind = Literal["counter", "histogram", "gauge"]
Words = frozenset[str] | None

OTHER = "other"
ROUTES = 400  # templates that an application of ours may have
STATUSES = 6  # status codes that one route answers with, at most
ROOMS = 60  # files of core/messages
ERROR_KINDS = 12  # classes of core/errors that reach a person in one room

METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
MODELS = frozenset(
    {"customers", "ctr", "images", "text_encoder", "image_encoder", "reranker", "knowledge", "fragrance", "llm"}
)
PROVIDERS = frozenset({"ollama", "openai", "anthropic"})
DEPENDENCIES = PROVIDERS | {"chroma", "mail", "slack", "sign_in_keys", "open_id", "redis", "database", "url"}
CACHES = frozenset({"perfume_searches", "knowledge_searches", "query_vectors", "matches", "reports"})
STATES = frozenset({"queued", "running", "succeeded", "failed", "cancelled", "lost"})
SEARCHES = frozenset({"text", "similar"})
OUTCOMES = frozenset({"made", "refused"})
CHAT_STATES = frozenset({"answered", "partly", "not_in_documents", "blocked", "own_data", "stopped", "failed"})
VERDICTS = frozenset({"known", "unknown"})
SEVERITIES = frozenset({"critical", "warning", "info", "error"})

REQUEST_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0)
INFERENCE_S = (0.0005, 0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 30.0)
ANSWER_S = (0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
WAIT_S = (0.5, 1.0, 5.0, 15.0, 60.0, 300.0, 1800.0, 7200.0)


@dataclass(frozen=True)
class Metric:
    """One metric. at_most: label combinations. A gauge's values of several processes add up."""

    name: str
    kind: Kind
    text: str
    labels: tuple[tuple[str, Words], ...] = ()
    at_most: int = 1
    buckets: tuple[float, ...] = ()

    @property
    def help(self) -> str:
        """What stands beside the metric; it says how many series to expect."""
        many = self.at_most * (len(self.buckets) + 3) if self.kind == "histogram" else self.at_most
        return f"{self.text}. At most {many} series."

    @property
    def exposed(self) -> tuple[str, ...]:
        """The names of its series."""
        return tuple(f"{self.name}{end}" for end in ("_bucket", "_sum", "_count")) if self.buckets else (self.name,)


def _counter(name: str, text: str, at_most: int = 1, **labels: Words) -> Metric:
    return Metric(name, "counter", text, tuple(labels.items()), at_most)


def _histogram(name: str, text: str, buckets: tuple[float, ...], at_most: int = 1, **labels: Words) -> Metric:
    return Metric(name, "histogram", text, tuple(labels.items()), at_most, buckets)


def _gauge(name: str, text: str, at_most: int = 1, **labels: Words) -> Metric:
    return Metric(name, "gauge", text, tuple(labels.items()), at_most)


def _size(*words: frozenset[str]) -> int:
    """Combinations of these labels, each with "other" beside its words."""
    product = 1
    for one in words:
        product *= len(one) + 1
    return product


COUNTED = (
    _counter("http_requests_total", "Requests answered, by route template; probes and scrapes do not count",
             ROUTES * STATUSES, method=METHODS, route=None, status=None),
    _histogram("http_request_duration_seconds", "How long an answer took", REQUEST_S, ROUTES, method=METHODS,
               route=None),
    _gauge("active_connections", "Requests being answered and open WebSockets of the API", 2,
           kind=frozenset({"http", "websocket"})),
    _gauge("database_connections", "Database connections of the API's workers", 2,
           state=frozenset({"in_use", "idle"})),
    _counter("errors_total", "Errors that a person was told, by where their sentence stands and what kind they are",
             ROOMS * ERROR_KINDS, room=None, kind=None),
    _counter("model_inference_total", "Answers of models in this workbench; a plain customer lookup is a request alone",
             _size(MODELS), model=MODELS),
    _histogram("model_inference_duration_seconds", "How long a model computed", INFERENCE_S, _size(MODELS),
               model=MODELS),
    _gauge("resident_model_bytes", "Memory of loaded models by their own account", _size(MODELS), model=MODELS),
    _gauge("model_gpu_memory_usage_mb", "Memory that models hold on a graphics card; absent without one", 1,
           device=frozenset({"cuda"})),
    _counter("fragrance_searches_total", "Searches for perfumes and materials", _size(SEARCHES), kind=SEARCHES),
    _counter("fragrance_generations_total", "Briefs that formulas were asked for", _size(OUTCOMES), outcome=OUTCOMES),
    _counter("knowledge_searches_total", "Searches in documents"),
    _counter("image_matches_total", "Pictures compared with a domain's classes", _size(VERDICTS), verdict=VERDICTS),
    _counter("chat_requests_total", "Questions answered, refused or failed", _size(CHAT_STATES), state=CHAT_STATES),
    _counter("chat_request_errors_total", "Questions whose answer failed"),
    _histogram("chat_processing_seconds", "From a question taken up to its answer", ANSWER_S),
    _counter("llm_calls_total", "Answers begun by a chat model's server", _size(PROVIDERS), provider=PROVIDERS),
    _histogram("llm_call_duration_seconds", "How long a chat model's server took", ANSWER_S, _size(PROVIDERS),
               provider=PROVIDERS),
    _counter("llm_api_errors_total", "Answers that a chat model's server did not finish", _size(PROVIDERS),
             provider=PROVIDERS),
    _counter("llm_tokens_total", "Tokens as far as the server tells them",
             _size(PROVIDERS, frozenset({"in", "out"})), provider=PROVIDERS, direction=frozenset({"in", "out"})),
    _counter("cache_operations_total", "Looks into the cache of repeated results",
             _size(CACHES, frozenset({"hit", "miss"})), cache=CACHES, operation=frozenset({"hit", "miss"})),
    _histogram("job_queue_wait_seconds", "From a job queued to a dispatcher taking it", WAIT_S),
)  # fmt: skip

# Read when somebody scrapes, see `scraped_figures`.
SCRAPED = (
    _gauge("cache_hit_rate", "Hits among all looks since the start", _size(CACHES), cache=CACHES),
    _gauge("jobs", "Jobs by state", len(STATES), state=STATES),
    _gauge("jobs_oldest_queued_seconds", "How long the oldest queued job has waited; 0 without one"),
    _gauge("circuit_breaker_state", "0 closed, 1 half-open, 2 open; the worst of all processes", _size(DEPENDENCIES),
           dependency=DEPENDENCIES),
    _gauge("user_sessions_active", "Sign-ins that have neither run out nor been ended"),
    _gauge("alerts_open", "Alerts that are open", _size(SEVERITIES), severity=SEVERITIES),
    _gauge("periodic_rounds_overdue", "Repeated work that has not begun for three of their periods"),
    _gauge("backups_kept", "Files in the folder of backups"),
    _gauge("backup_age_seconds", "Age of the newest backup; absent without one"),
    _gauge("system_cpu_percent", "Processor use of this machine since the scrape before"),
    _gauge("system_memory_percent", "Memory in use on this machine"),
    _gauge("system_disk_percent", "Used share of the disk that holds the data folder"),
    _gauge("system_disk_free_bytes", "Free space for the data folder"),
    _gauge("scrape_source_up", "1 where these figures could be read in time", 2,
           source=frozenset({"database", "machine"})),
)  # fmt: skip
METRICS = COUNTED + SCRAPED
BY_NAME = {one.name: one for one in METRICS}
