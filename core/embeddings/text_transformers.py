"""Text vectors from a checkpoint in the layout of sentence-transformers, read by transformers alone.

Its modules.json says how the tokens of a text become one vector; a plain checkpoint's are averaged.
"""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from core.embeddings.checked_vectors import CheckedTextModel, Purpose
from core.embeddings.checkpoints import WEIGHTS, checkpoint_folder, files_sha256, id_name, read_model, weight_files
from core.embeddings.text_prefixes import Prefixes, prefixes_of
from core.errors import Unavailable
from core.resilience.resident_models import resident
from core.settings.current import get_settings

Pooling = Literal["mean", "cls", "max", "lasttoken"]

RUNTIME = "transformers-1"  # raised when the same weights begin to give other vectors
MAX_TOKENS = 512  # where a checkpoint names no limit
MAX_CHARS = 8000
POOLINGS: dict[str, Pooling] = {
    "pooling_mode_mean_tokens": "mean", "pooling_mode_cls_token": "cls", "pooling_mode_max_tokens": "max",
    "pooling_mode_lasttoken": "lasttoken",
}  # fmt: skip
TOKENIZERS = ("tokenizer.json", "vocab.txt", "*.model")  # other words out of the same weights give other vectors
UNDERSTOOD = ("Transformer", "Pooling", "Normalize")


def transformers_text_model(name: str) -> CheckedTextModel:
    """The checkpoint of that hub name or folder, loaded once per process.

    Raises Unavailable when it is neither cached nor reachable, or is no text model that can be read.
    """
    threads = get_settings().threads
    folder = folder_of(name)
    size = sum(path.stat().st_size for path in weight_files(folder))
    return resident(f"text_model:transformers:{name}", str(threads), lambda: _load(folder, name), size_bytes=size)


def folder_of(name: str, *, ask_hub: bool = True) -> Path:
    """Where the checkpoint lies. Raises Unavailable where it is neither a folder nor cached nor to be fetched."""
    return checkpoint_folder(name, missing="embeddings.text_not_cached", more=("*.model",), ask_hub=ask_hub)


def _load(folder: Path, name: str) -> CheckedTextModel:
    try:
        place, pooling = read_modules(folder)
        prefixes, max_tokens = read_prefixes(folder, name), read_max_tokens(folder / place)
        weights = weight_files(folder / place, WEIGHTS)
        words = [path for pattern in TOKENIZERS for path in sorted((folder / place).glob(pattern))]
    except (OSError, KeyError, ValueError, TypeError, AttributeError) as error:
        raise Unavailable("embeddings.not_a_text_model", model=name, reason=error) from error
    if not weights:
        raise Unavailable("embeddings.not_a_text_model", model=name, reason="no weights")
    means = {"files": files_sha256([*weights, *words]), "pooling": pooling, "prefixes": prefixes, "tokens": max_tokens}
    made_by = hashlib.sha256(repr(sorted(means.items())).encode()).hexdigest()
    forward, dim = _network(folder / place, name, pooling, max_tokens)

    def vectors_of(texts: Sequence[str], purpose: Purpose) -> NDArray[np.float32]:
        before = prefixes.query if purpose == "query" else prefixes.passage
        # One text at a time: a vector is then the same whatever stands beside its text.
        return np.stack([forward(before + text[:MAX_CHARS]) for text in texts])

    return CheckedTextModel(f"{id_name(name)[:100]}:{RUNTIME}:{made_by[:16]}", dim, vectors_of)


def read_modules(folder: Path) -> tuple[str, Pooling]:
    """Where the network lies in the folder, and how its tokens become one vector.

    Raises ValueError for a step that is not understood: leaving it out would give other vectors.
    """
    listed = folder / "modules.json"
    if not listed.exists():
        return ".", "mean"
    place, pooling = ".", None
    for module in json.loads(listed.read_text("utf-8")):
        kind = str(module["type"]).rpartition(".")[2]
        if kind not in UNDERSTOOD:
            raise ValueError(f"step {kind}")
        if kind == "Transformer":
            place = module["path"] or "."
        elif kind == "Pooling":
            pooling = read_pooling(json.loads((folder / module["path"] / "config.json").read_text("utf-8")))
    return place, pooling or "mean"


def read_pooling(config: Mapping[str, Any]) -> Pooling:
    """Both spellings: a name, or one switch for each way."""
    named = config.get("pooling_mode")
    if named is not None:
        ways = [named] if named in POOLINGS.values() else []
    else:
        ways = [POOLINGS.get(key) for key, is_on in config.items() if key.startswith("pooling_mode_") and is_on]
    if len(ways) != 1 or ways[0] is None or config.get("include_prompt", True) is False:
        raise ValueError(f"pooling {dict(config)}")
    way: Pooling = ways[0]
    return way


def read_prefixes(folder: Path, name: str) -> Prefixes:
    """Those the checkpoint itself names, or those of its family."""
    path = folder / "config_sentence_transformers.json"
    prompts = json.loads(path.read_text("utf-8")).get("prompts") or {} if path.exists() else {}
    if any(prompts.values()):
        passage = next((prompts[key] for key in ("passage", "document") if prompts.get(key)), "")
        return Prefixes(prompts.get("query") or "", passage)
    return prefixes_of(name)


def read_max_tokens(folder: Path) -> int:
    """The longest text the checkpoint reads [tokens]."""
    config = json.loads((folder / "config.json").read_text("utf-8"))
    positions = int(config.get("max_position_embeddings") or MAX_TOKENS)
    if config.get("model_type") in ("roberta", "xlm-roberta", "camembert", "mpnet"):
        positions -= 2  # their places are counted from two
    path = folder / "sentence_bert_config.json"
    own = json.loads(path.read_text("utf-8")).get("max_seq_length") if path.exists() else None
    return min(positions, int(own or MAX_TOKENS))


def _network(folder: Path, name: str, pooling: Pooling, max_tokens: int) -> tuple[Callable[[str], Any], int]:
    """A call from a text to its vector, shape (dim,), and dim; read from the folder alone."""
    try:
        import torch
        from transformers import AutoModel, AutoTokenizer

        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except ImportError as error:
        raise Unavailable("embeddings.text_unavailable", model=name, reason=error) from error
    except (OSError, ValueError, RuntimeError, KeyError, TypeError) as error:
        raise Unavailable("embeddings.not_a_text_model", model=name, reason=error) from error
    model = read_model(
        AutoModel, folder, name=name, unusable="embeddings.not_a_text_model", may_lack=("pooler.",),
        dtype=torch.float32,  # weights stored in halves would be computed in halves, which processors are slow at
    )  # fmt: skip
    torch.set_num_threads(get_settings().threads)
    reading = threading.Lock()  # the tokenizer sets its limits anew at each call

    def forward(text: str) -> Any:
        with reading:
            tokens = tokenizer(text, truncation=True, max_length=max_tokens, return_tensors="pt")
        with torch.inference_mode():
            states = model(**tokens).last_hidden_state[0]  # (tokens, dim)
        if pooling == "mean":
            return states.mean(dim=0).numpy()
        if pooling == "max":
            return states.max(dim=0).values.numpy()
        return states[0 if pooling == "cls" else -1].numpy()

    return forward, int(model.config.hidden_size)
