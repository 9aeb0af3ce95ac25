"""A second look at the best passages by a cross-encoder, which reads question and passage together. Off by default."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from core.embeddings.checkpoints import checkpoint_folder, weight_files
from core.errors import Unavailable
from core.resilience.resident_models import resident
from core.settings.current import get_settings

RERANKED = 30  # of the best passages; each costs as much as a passage to encode
MAX_TOKENS = 512  # of question and passage together, where a checkpoint names no smaller limit
BATCH = 8

Rerank = Callable[[str, Sequence[str]], NDArray[np.float32]]


def reranker(name: str) -> Rerank:
    """Scores of texts for a question, higher is better, shape (n,), by the checkpoint of that hub name or folder.

    A transformers model for sequence classification; of several classes the last one means "answers".
    Raises Unavailable when it is neither cached nor reachable, or is no such model.
    """
    threads = get_settings().threads
    folder = checkpoint_folder(name, missing="knowledge.no_rerank_model", more=("*.model",))
    size = sum(path.stat().st_size for path in weight_files(folder))
    return resident(f"rerank_model:{name}", str(threads), lambda: _load(folder, name, threads), size_bytes=size)


def _load(folder: Path, name: str, threads: int) -> Rerank:
    try:
        import torch
        from transformers import AutoModelForSequenceClassification, AutoTokenizer

        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
        load: Any = AutoModelForSequenceClassification.from_pretrained
        model, told = load(folder, local_files_only=True, output_loading_info=True, dtype=torch.float32)
    except ImportError as error:
        raise Unavailable("knowledge.not_a_rerank_model", model=name, reason=error) from error
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise Unavailable("knowledge.not_a_rerank_model", model=name, reason=error) from error
    if told["missing_keys"]:  # the library would go on with random numbers in their place
        reason = ", ".join(sorted(told["missing_keys"])[:3])
        raise Unavailable("knowledge.not_a_rerank_model", model=name, reason=reason)
    model.eval()
    torch.set_num_threads(threads)
    positions = int(getattr(model.config, "max_position_embeddings", MAX_TOKENS)) - 2  # some count from two
    limit = min(MAX_TOKENS, positions)
    reading = threading.Lock()  # the tokenizer sets its limits anew at each call

    def scores(query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        found = [np.empty(0, dtype=np.float32)]
        for start in range(0, len(texts), BATCH):
            pairs = [query] * len(texts[start : start + BATCH]), list(texts[start : start + BATCH])
            with reading:
                tokens = tokenizer(
                    *pairs, truncation="only_second", max_length=limit, padding=True, return_tensors="pt"
                )
            with torch.inference_mode():
                logits = model(**tokens).logits  # (batch, classes)
            found.append(logits[:, -1].float().numpy())
        rows = np.concatenate(found)
        if not np.isfinite(rows).all():
            raise Unavailable("knowledge.not_a_rerank_model", model=name, reason="scores that are no numbers")
        return rows

    return scores
