"""What /health, /healthz and /readyz ask: the customer model's files, the token secret and the database."""

from __future__ import annotations

from functools import partial

from core.errors import ArtifactMissing
from core.settings import get_settings
from core.telemetry.health import Health, Probe, State

# The former backend's three names, and the files that hold the same things today.
MODEL_FILES = {"model": "model.json", "scaler": "scaler.json", "columns": "columns.json"}


def probes() -> tuple[Probe, ...]:
    """All of them; the model is asked about only where its routes are mounted."""
    customers = "customers" in get_settings().routes
    files = [Probe(name, partial(_model_file, file)) for name, file in MODEL_FILES.items()] if customers else []
    intact = [Probe("customers", _model_intact)] if customers else []
    return (*files, *intact, Probe("supabase_secret", _secret), Probe("database", _database))


def _model_file(file: str) -> Health:
    from core.storage import champions

    settings = get_settings()
    champion = champions.current("customers", settings.customers_model)
    if champion is None:
        raise ArtifactMissing("customers.no_model")
    if not (settings.home / champion.path / file).is_file():
        raise ArtifactMissing("artifacts.missing", file=file, room="customers")
    return Health(State.OK)


def _model_intact() -> Health:
    """Every file of the served model, against its checksum."""
    from core.customers.published import verify_published

    return Health(State.OK, details={"version": verify_published()})


def _secret() -> Health:
    from core.messages import say

    settings = get_settings()
    if settings.disable_auth:
        return Health(State.NOT_NEEDED)
    if not settings.supabase_jwt_secret.get_secret_value():
        return Health(State.MISSING, say("security.no_secret", "en"))
    return Health(State.OK)


def _database() -> Health:
    from sqlalchemy import text

    from core.storage.database import reading

    with reading() as connection:
        connection.execute(text("SELECT 1 FROM champions LIMIT 1"))
    return Health(State.OK)
