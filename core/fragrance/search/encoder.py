"""The text encoder that perfumes and queries are compared by: one place, so that a tuned one can take its stead."""

from __future__ import annotations

from core.embeddings.text_models import TextModel
from core.fragrance.search.encoder_head import tuned_encoder


def search_encoder() -> TextModel:
    """The published encoder of perfumery, or the text model of the settings where none is published.

    Vectors are kept under its id, so another one finds by words alone until it has encoded what is there.
    Raises Unavailable.
    """
    return tuned_encoder()
