"""Whether the models that the settings name are there: asked of the provider, told role by role."""

from __future__ import annotations

from dataclasses import dataclass

from core.errors import Unavailable
from core.llm.roles import missing, model_names
from core.settings.current import Settings, get_settings
from core.settings.language_models import LlmRole


@dataclass(frozen=True)
class RoleModel:
    """is_there: None where the provider could not be asked."""

    role: LlmRole
    model: str
    is_there: bool | None


@dataclass(frozen=True)
class Availability:
    """missing: the setting that keeps chat models from being used. problem: why the provider could not be asked."""

    provider: str
    roles: tuple[RoleModel, ...]
    known: tuple[str, ...]
    missing: str | None = None
    problem: Unavailable | None = None


def list_models() -> tuple[str, ...]:
    """The names the provider has, sorted. Raises Unavailable where it does not answer or offers no list."""
    settings = get_settings()
    if settings.llm_provider == "ollama":
        from core.resilience.ollama_server import installed_models

        return tuple(one.name for one in installed_models())
    if settings.llm_provider == "openai":
        from core.llm.openai_compatible import list_openai_models

        return list_openai_models(settings.openai_base_url, settings.openai_api_key.get_secret_value())
    raise Unavailable("llm.no_list", provider=settings.llm_provider)


def available() -> Availability:
    """What the provider says of every role's model. Asks it once; never raises for a provider that is away."""
    settings = get_settings()
    if setting := missing(settings):
        return Availability(settings.llm_provider, (), (), missing=setting)
    names = model_names(settings)
    try:
        known = list_models()
    except Unavailable as problem:
        unknown = tuple(RoleModel(role, name, None) for role, name in names.items())
        return Availability(settings.llm_provider, unknown, (), problem=problem)
    found = tuple(RoleModel(role, name, _is_among(name, known, settings)) for role, name in names.items())
    return Availability(settings.llm_provider, found, known)


def _is_among(name: str, known: tuple[str, ...], settings: Settings) -> bool:
    # On an Ollama server a name without a tag means the one tagged latest.
    is_untagged = settings.llm_provider == "ollama" and ":" not in name
    return name in known or (is_untagged and f"{name}:latest" in known)
