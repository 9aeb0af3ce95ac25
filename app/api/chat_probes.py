"""What /api/chat/health asks: states that are known already. Nothing is loaded, built or called for it."""

from __future__ import annotations

from importlib.util import find_spec

from core.messages import say
from core.settings.current import get_settings
from core.telemetry.health import Health, Probe, State


def chat_probes() -> tuple[Probe, ...]:
    """The database and the search index, without which nothing is found; then what makes answers better."""
    checks = {"database": _database, "index": _index, "encoder": _encoder, "language_model": _language_model}
    return tuple(Probe(name, check) for name, check in checks.items())


def _database() -> Health:
    from core.knowledge.index_generations import index_generation

    index_generation()
    return Health(State.OK)


def _index() -> Health:
    """Whether a snapshot was ever built here; one that is behind still answers, and a search renews it.

    No figures: everybody may ask, and how much is brought in is the business of its readers.
    """
    from core.knowledge.index_generations import index_generation
    from core.knowledge.retrieval.index import index_folder

    if index_generation() == 0:
        return Health(State.NOT_NEEDED)  # there is nothing to find yet
    if not any(one.name.isdigit() for one in index_folder().glob("*/*")):
        return Health(State.LOADING, say("api.index_not_built", "en"))
    return Health(State.OK)


def _encoder() -> Health:
    """Which text model the settings name and whether this process has loaded it; the first question does."""
    from core.resilience.resident_models import resident_models

    name = get_settings().text_model
    is_loaded = any(key.startswith(("text_encoder:", "text_model:")) for key in resident_models().loaded())
    details = {"name": name, "is_loaded": is_loaded}
    if name.startswith("ollama:"):
        return _behind_breaker("ollama", details)
    package = "sentence_transformers" if ":" in name else name
    if find_spec(package) is None:
        return Health(State.MISSING, say("api.not_installed", "en", package=package), details)
    return Health(State.OK, details=details)


def _language_model() -> Health:
    """Configured or not, and what its breaker saw: without one, passages are quoted."""
    from core.llm.roles import missing

    settings = get_settings()
    if missing(settings) is not None:
        return Health(State.NOT_NEEDED, details={"configured": False})
    return _behind_breaker(settings.llm_provider, {"configured": True, "provider": settings.llm_provider})


def _behind_breaker(name: str, details: dict[str, object]) -> Health:
    from core.resilience.breakers import State as BreakerState
    from core.resilience.breakers import states

    state = next((one.state for one in states() if one.name == name), BreakerState.CLOSED)
    told = {**details, "breaker": str(state)}
    if state is BreakerState.OPEN:
        return Health(State.DOWN, say("api.dependency_down", "en", name=name), told)
    return Health(State.OK, details=told)
