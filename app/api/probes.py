"""What /health, /healthz and /readyz ask: the customer model's files, the token secret, the database, and which
outside helpers are configured; nothing outside is called."""

from __future__ import annotations

from functools import partial

from core.errors import ArtifactMissing
from core.messages import say
from core.settings.current import get_settings
from core.telemetry.health import Health, Probe, State

# The former backend's three names, and the files that hold the same things today.
MODEL_FILES = {"model": "model.json", "scaler": "scaler.json", "columns": "columns.json"}


def probes() -> tuple[Probe, ...]:
    """All of them; the model is asked about only where its routes are mounted."""
    customers = "customers" in get_settings().routes
    files = [Probe(name, partial(_model_file, file)) for name, file in MODEL_FILES.items()] if customers else []
    intact = [Probe("customers", _model_intact)] if customers else []
    outside = Probe("chat_model", _chat_model), Probe("vectors", _vectors), Probe("mail", _mail)
    counting = Probe("rate_limits", _rate_limits), Probe("redis", _redis)
    return (*files, *intact, Probe("supabase_secret", _secret), Probe("database", _database), *outside, *counting)


def _model_file(file: str) -> Health:
    from core.customers.serving import ROOM, current_champion

    if not (get_settings().home / current_champion().path / file).is_file():
        raise ArtifactMissing("artifacts.missing", file=file, room=ROOM)
    return Health(State.OK)


def _model_intact() -> Health:
    """Every file of the served model, against its checksum."""
    from core.customers.serving import verify_published

    return Health(State.OK, details={"version": verify_published().version})


def _secret() -> Health:
    """Whether a project's tokens can be judged; without a project the accounts here sign people in."""
    settings = get_settings()
    is_used = bool(settings.supabase_jwt_secret.get_secret_value()) and not settings.disable_auth
    return Health(State.OK if is_used else State.NOT_NEEDED)


def _database() -> Health:
    from sqlalchemy import text

    from core.storage.database import reading

    with reading() as connection:
        connection.execute(text("SELECT 1 FROM champions LIMIT 1"))
    return Health(State.OK)


def _chat_model() -> Health:
    from core.llm.roles import missing

    settings = get_settings()
    return _outside(missing(settings) is None, settings.llm_provider)


def _vectors() -> Health:
    return _outside(bool(get_settings().chroma_url), "chroma")


def _mail() -> Health:
    from core.notifications.channels import is_configured

    return _outside(is_configured("email"), "mail")


def _rate_limits() -> Health:
    """Requests pass while they cannot be counted, so this never makes a process unready; it is only said."""
    from core.resilience.rate_limits import failing

    reason = failing()
    message = say("network.rates_not_counted", "en", reason=reason) if reason else ""
    return Health(State.OK, message, {"counted": not reason})


def _redis() -> Health:
    from core.resilience.redis_server import is_configured

    return _outside(is_configured(), "redis")


def _outside(is_configured: bool, name: str) -> Health:
    """Configured or not, and what its breaker saw; everything works without it, so it never makes a process unready."""
    from core.resilience.breakers import states

    if not is_configured:
        return Health(State.NOT_NEEDED, details={"configured": False})
    breaker = next((str(one.state) for one in states() if one.name == name), "closed")
    message = "" if breaker == "closed" else say("resilience.not_answering", "en", name=name)
    return Health(State.OK, message, {"configured": True, "breaker": breaker})
