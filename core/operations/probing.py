"""The parts that can be asked how they are: inside ones at once, outside ones through their guarded calls."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from urllib.parse import urlsplit

from core.errors import Unavailable, WorkbenchError
from core.messages import say
from core.settings.current import Settings, get_settings


@dataclass(frozen=True)
class Probed:
    """What a part answered. is_up: None where it was not asked, or cannot be. message: what is wrong, else empty."""

    name: str
    is_outside: bool
    is_configured: bool
    is_up: bool | None
    message: str


@dataclass(frozen=True)
class _Part:
    """ask: raises a WorkbenchError where the part does not work; None for what only real use can tell."""

    name: str
    is_outside: bool
    is_configured: bool
    ask: Callable[[], object] | None


def probed(*, language: str, is_asked: bool) -> tuple[Probed, ...]:
    """Every part. is_asked: also those outside, within WORKBENCH_OUTSIDE_TIMEOUT_S each; inside ones always are."""
    return tuple(_asked(part, language, is_asked) for part in _parts(get_settings()))


def _asked(part: _Part, language: str, is_asked: bool) -> Probed:
    is_up, message = None, ""
    if part.is_configured and part.ask is not None and (is_asked or not part.is_outside):
        try:
            part.ask()
            is_up = True
        except WorkbenchError as error:
            is_up, message = False, error.text(language)
    elif not part.is_configured:
        message = say("alerts.not_configured", language)
    return Probed(part.name, part.is_outside, part.is_configured, is_up, message)


def _parts(settings: Settings) -> Iterator[_Part]:
    yield _Part("database", False, True, _database)
    yield _Part("jobs", False, True, _jobs)
    yield _Part("customers_model", False, _is_published(), _customers)
    for name in ("ollama", "openai", "anthropic"):
        is_used = settings.llm_provider == name
        can_tell = name != "anthropic"  # which offers no list
        yield _Part(name, True, is_used, _chat_model if can_tell else None)
    yield _Part("chroma", True, bool(settings.chroma_url), _chroma)
    is_server = settings.resolved_mlflow_uri.startswith("http")
    yield _Part("mlflow", True, is_server, _mlflow)
    yield _Part("redis", True, bool(settings.redis_url.get_secret_value()), _redis)
    yield _Part("dask", True, bool(settings.dask_address), _dask)
    yield _Part("files", True, bool(settings.files_url), _files)
    from core.notifications.channels import is_configured

    yield _Part("mail", True, is_configured("email"), None)
    yield _Part("slack", True, is_configured("slack"), None)


def _database() -> None:
    from core.storage.migrations import is_current

    if not is_current():
        raise Unavailable("storage.not_migrated")


def _jobs() -> None:
    from core.telemetry.measures import latest_system

    if latest_system() is None:
        raise Unavailable("monitoring.no_checks")


def _is_published() -> bool:
    from core.customers.serving import is_published

    try:
        return is_published()
    except WorkbenchError:  # the database is away, which its own line tells
        return False


def _customers() -> None:
    from core.customers.serving import verify_published

    verify_published()


def _chat_model() -> None:
    from core.llm.availability import available

    told = available()
    if told.problem is not None:
        raise told.problem


def _chroma() -> None:
    from core.knowledge.retrieval.vector_server import heartbeat

    heartbeat()


def _mlflow() -> None:
    import httpx

    from core.resilience.guarded_call import guarded_call

    address = urlsplit(get_settings().resolved_mlflow_uri)
    health = address._replace(path=f"{address.path.rstrip('/')}/health", query="", fragment="").geturl()

    def call(timeout_s: float) -> None:
        httpx.get(health, timeout=timeout_s).raise_for_status()

    guarded_call("mlflow", call, failures=(httpx.HTTPError,), retries=0)


def _redis() -> None:
    import redis

    from core.resilience.guarded_call import guarded_call

    def call(timeout_s: float) -> None:
        url = get_settings().redis_url.get_secret_value()
        with redis.Redis.from_url(url, socket_timeout=timeout_s, socket_connect_timeout=timeout_s) as client:
            client.ping()

    guarded_call("redis", call, failures=(redis.RedisError, OSError), retries=0)


def _dask() -> None:
    from core.cluster.connection import require_same_code, workers

    if not workers():
        raise Unavailable("cluster.without_workers")
    require_same_code()


def _files() -> None:
    from core.resilience.guarded_call import guarded_call
    from core.storage.shared_files import probe

    guarded_call("files", lambda _: probe(), failures=(Unavailable,), retries=0)
