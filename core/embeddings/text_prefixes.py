"""What some families of text models want to read before a question and before a text to be found.

They were trained with these words, as their model cards say; left out, questions and passages lie further apart.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

INSTRUCTION = "Given a web search query, retrieve relevant passages that answer the query"


@dataclass(frozen=True)
class Prefixes:
    """Written before the text, as it is."""

    query: str = ""
    passage: str = ""


FAMILIES: tuple[tuple[str, Prefixes], ...] = (  # by part of the name; the first that fits counts
    (r"e5-.*instruct|e5-mistral", Prefixes(f"Instruct: {INSTRUCTION}\nQuery: ")),
    (r"qwen3-embedding", Prefixes(f"Instruct: {INSTRUCTION}\nQuery:")),
    (r"(^|[^a-z0-9])e5-", Prefixes("query: ", "passage: ")),
    (r"arctic-embed.*(v2|2\.0)|arctic-embed2", Prefixes("query: ")),
    (
        r"mxbai-embed|arctic-embed|bge-(small|base|large)-en",
        Prefixes("Represent this sentence for searching relevant passages: "),
    ),
    (r"nomic-embed-text", Prefixes("search_query: ", "search_document: ")),
    (r"embeddinggemma", Prefixes("task: search result | query: ", "title: none | text: ")),
)


def prefixes_of(model: str) -> Prefixes:
    """Those of the family that the name belongs to; none for any other."""
    name = model.lower()
    return next((prefixes for pattern, prefixes in FAMILIES if re.search(pattern, name)), Prefixes())
