"""Which chat model does which work, read from the settings.

narrative: sentences of reports. orchestrator: what a follow-up question means on its own. describer: titles and
summaries. service: answers from passages.
"""

from __future__ import annotations

from core.llm.chat_model import ChatModel
from core.settings.current import Settings, get_settings
from core.settings.language_models import LLM_ROLES, LlmRole


def chat_model_for(role: LlmRole) -> ChatModel | None:
    """The model for `role`, or None where nothing usable is configured.

    Nothing is asked of the provider here: the first answer shows whether it is there.
    """
    settings = get_settings()
    name = model_names(settings).get(role)
    if not name:
        return None
    times = {"timeout_s": settings.llm_timeout_s, "total_s": settings.llm_total_s}
    if settings.llm_provider == "ollama":
        from core.llm.ollama import OllamaModel

        return OllamaModel(name, settings.ollama_base_url, **times, context_tokens=settings.ollama_context_tokens)
    if settings.llm_provider == "openai":
        from core.llm.openai_compatible import OpenAIModel

        return OpenAIModel(name, settings.openai_base_url, settings.openai_api_key.get_secret_value(), **times)
    from core.llm.anthropic import AnthropicModel

    return AnthropicModel(name, settings.anthropic_base_url, settings.anthropic_api_key.get_secret_value(), **times)


def model_names(settings: Settings) -> dict[LlmRole, str]:
    """The model of each role that has one; empty where no provider can be used."""
    if missing(settings):
        return {}
    own = dict(pair.split("=", 1) for pair in settings.llm_role_models)
    named = {role: own.get(role, settings.llm_model) for role in LLM_ROLES}
    return {role: name for role, name in named.items() if name}


def missing(settings: Settings) -> str | None:
    """The setting that keeps chat models from being used: provider, key where one is always asked for, or model."""
    if settings.llm_provider == "none":
        return "WORKBENCH_LLM_PROVIDER"
    if settings.llm_provider == "anthropic" and not settings.anthropic_api_key.get_secret_value():
        return "ANTHROPIC_API_KEY"
    if not settings.llm_model and not settings.llm_role_models:
        return "WORKBENCH_LLM_MODEL"
    return None
