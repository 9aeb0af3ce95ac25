"""A sentence encoder of transformers opened for training, and written back as a checkpoint of plain files.

What is written is read by `core.embeddings.text_transformers` like any other checkpoint, with the same vectors.
"""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.embeddings.checkpoints import read_model
from core.embeddings.text_models import SENTENCE_TRANSFORMERS, TextModel, text_model
from core.embeddings.text_prefixes import Prefixes
from core.embeddings.text_transformers import Pooling, folder_of, read_max_tokens, read_modules, read_prefixes
from core.errors import Unavailable
from core.resilience.resident_models import resident_models

if TYPE_CHECKING:
    import torch


@dataclass(frozen=True, eq=False)
class TrainableTextModel:
    """A network with all that turns a text into its vector."""

    model: Any
    tokenizer: Any
    pooling: Pooling
    prefixes: Prefixes
    max_tokens: int

    def vectors(self, texts: Sequence[str], before: str) -> torch.Tensor:
        """Unit rows, shape (n, dim)."""
        import torch

        tokens = self.tokenizer(
            [before + text for text in texts], truncation=True, max_length=self.max_tokens, padding=True,
            return_tensors="pt",
        ).to(self.model.device)  # fmt: skip
        states = self.model(**tokens).last_hidden_state  # (n, tokens, dim)
        return torch.nn.functional.normalize(_pooled(states, tokens["attention_mask"], self.pooling), dim=1)


def open_trainable(name: str) -> TrainableTextModel:
    """Raises Unavailable where the name is neither a folder nor cached, or is no text model that can be read."""
    folder = folder_of(name)
    try:
        from transformers import AutoModel, AutoTokenizer

        place, pooling = read_modules(folder)
        tokenizer: Any = AutoTokenizer.from_pretrained(folder / place, local_files_only=True)
        prefixes, max_tokens = read_prefixes(folder, name), read_max_tokens(folder / place)
    except (ImportError, OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable("embeddings.not_a_text_model", model=name, reason=error) from error
    import torch

    model = read_model(
        AutoModel, folder / place, name=name, unusable="embeddings.not_a_text_model", may_lack=("pooler.",),
        dtype=torch.float32,
    )  # fmt: skip
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token  # which padding it is does not matter: the mask leaves it out
    device = "cuda" if torch.cuda.is_available() else "cpu"
    return TrainableTextModel(model.to(device), tokenizer, pooling, prefixes, max_tokens)


def checkpoint_files(model: Any, reader: TrainableTextModel) -> dict[str, bytes]:
    """The checkpoint in one flat folder: artifacts hold no folders within themselves."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        model.save_pretrained(folder)
        reader.tokenizer.save_pretrained(folder)
        files = {path.name: path.read_bytes() for path in sorted(folder.iterdir()) if path.is_file()}
    prompts = {"query": reader.prefixes.query, "passage": reader.prefixes.passage}
    files["config_sentence_transformers.json"] = json.dumps({"prompts": prompts}).encode()
    files["sentence_bert_config.json"] = json.dumps({"max_seq_length": reader.max_tokens}).encode()
    if reader.pooling != "mean":  # the default; another way is looked up in the config of the pooling's own folder
        config = {**json.loads(files["config.json"]), "pooling_mode": reader.pooling}
        steps = [{"type": "Transformer", "path": ""}, {"type": "Pooling", "path": ""}]
        files |= {"config.json": json.dumps(config).encode(), "modules.json": json.dumps(steps).encode()}
    return files


@contextmanager
def opened_files(files: Mapping[str, bytes]) -> Iterator[TextModel]:
    """The text model of a checkpoint that is not stored yet, for as long as the block lasts."""
    with tempfile.TemporaryDirectory() as name:
        for file, content in files.items():
            (Path(name) / file).write_bytes(content)
        try:
            yield text_model(f"{SENTENCE_TRANSFORMERS}{name}")
        finally:
            resident_models().unload(f"text_model:transformers:{name}")


def _pooled(states: torch.Tensor, mask: torch.Tensor, pooling: Pooling) -> torch.Tensor:
    """As `text_transformers` takes it, with the padding left out: (n, tokens, dim) -> (n, dim)."""
    is_told = mask[..., None].to(states.dtype)
    if pooling == "mean":
        return (states * is_told).sum(dim=1) / is_told.sum(dim=1)
    if pooling == "max":
        return states.masked_fill(is_told == 0, float("-inf")).max(dim=1).values
    if pooling == "cls":
        return states[:, 0]
    last = mask.cumsum(dim=1).argmax(dim=1)
    return states[range(len(states)), last]
