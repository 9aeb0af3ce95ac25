"""CLIP checkpoints of transformers, by hub name or folder: pictures and words in one space.

Pictures run compiled, in 8 bits unless the precision says otherwise; words run in torch, in fp32.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

from core.embeddings.batched_encoder import BatchedEncoder, TextTower
from core.embeddings.checkpoints import checkpoint_folder, file_name, files_sha256, id_name, read_model, weight_files
from core.embeddings.onnx_runtime import RUNTIME, Precision, compiled
from core.embeddings.picture_preparation import Preparation
from core.errors import Unavailable
from core.settings.current import get_settings

SIZE = 250_000_000  # bytes in memory: ViT-B/32 in 8 bits takes 95 MB, and the runtime's working memory
TEXT_SIZE = 260_000_000
AUTO: Precision = "int8"  # a third of the time, see the benchmark; the id says it, so that vectors are never mixed
RESAMPLE = {2: "bilinear", 3: "bicubic"}  # Pillow's numbers, as checkpoints hold them


def load(name: str, precision: Precision) -> BatchedEncoder:
    """The encoder of a checkpoint: its picture tower now, its text tower when words come.

    Raises Unavailable when the checkpoint is neither cached nor reachable, or is no CLIP checkpoint.
    """
    folder = checkpoint_folder(name)
    precision = AUTO if precision == "auto" else precision
    try:
        dimension = int(json.loads((folder / "config.json").read_text("utf-8"))["projection_dim"])
        preparation = read_preparation(folder)
    except (OSError, KeyError, ValueError, TypeError) as error:
        raise Unavailable("embeddings.not_a_checkpoint", model=name, reason=repr(error)) from error
    shown = id_name(name)
    sha256 = files_sha256(weight_files(folder))
    key = f"{file_name(shown)}-{sha256[:16]}"
    forward = compiled(lambda: picture_tower(folder, name), key=key, size=preparation.size, precision=precision)
    text = TextTower(f"{key}-{get_settings().threads}", dimension, lambda: text_tower(folder, name), TEXT_SIZE)
    return BatchedEncoder(f"{shown}:{precision}:{RUNTIME}", dimension, sha256, preparation, forward, text)


def read_preparation(folder: Path) -> Preparation:
    """The checkpoint's preprocessing, as its image processor would do it with Pillow."""
    path = folder / "preprocessor_config.json"
    if path.exists():
        recipe = json.loads(path.read_text("utf-8"))
    else:  # newer checkpoints keep all their processors in one file
        recipe = json.loads((folder / "processor_config.json").read_text("utf-8"))["image_processor"]
    size, crop = recipe["size"], recipe["crop_size"]
    shortest = size["shortest_edge"] if isinstance(size, dict) else size
    side = crop["height"] if isinstance(crop, dict) else crop
    if shortest != side:
        raise ValueError(f"resizes to {shortest} and cuts to {side}")
    return Preparation(
        side,
        "shortest",
        RESAMPLE[recipe["resample"]],  # type: ignore[arg-type]
        scale=recipe.get("rescale_factor", 1 / 255),
        mean=tuple(recipe["image_mean"]),
        std=tuple(recipe["image_std"]),
    )


def picture_tower(folder: Path, name: str) -> Any:
    """The torch module (n, 3, size, size) -> (n, dim) of the picture half of a checkpoint.

    The same numbers with less work: patches do not overlap, so their convolution is a plain product (which 8 bits
    then hold too), and of the last layer only the token that is read is computed.
    """
    import torch

    class Pictures(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            model = _model(folder, name)
            self.tower, self.projection = model.vision_model, model.visual_projection
            filters = self.tower.embeddings.patch_embedding.weight.detach()  # (width, 3, patch, patch)
            self.patch = int(filters.shape[-1])
            self.register_buffer("filters", filters.flatten(1).t().contiguous())

        def forward(self, pictures: Any) -> Any:
            *layers, last = self.tower.encoder.layers
            states = self.tower.pre_layrnorm(self.tokens(pictures))  # (n, 1 + patches, width)
            for layer in layers:
                states = layer(states, attention_mask=None)
            attention, normed = last.self_attn, last.layer_norm1(states)
            asked = self.heads(attention.q_proj(normed[:, :1]))
            keys, values = self.heads(attention.k_proj(normed)), self.heads(attention.v_proj(normed))
            mixed = torch.nn.functional.scaled_dot_product_attention(asked, keys, values, scale=attention.scale)
            state = states[:, :1] + attention.out_proj(mixed.transpose(1, 2).flatten(2))
            state = state + last.mlp(last.layer_norm2(state))
            return self.projection(self.tower.post_layernorm(state[:, 0]))

        def tokens(self, pictures: Any) -> Any:
            embeddings, size = self.tower.embeddings, self.patch
            count, side = pictures.shape[0], pictures.shape[-1] // size
            pieces = pictures.reshape(count, 3, side, size, side, size).permute(0, 2, 4, 1, 3, 5)
            patches = pieces.reshape(count, side * side, -1) @ self.filters
            first = embeddings.class_embedding.expand(count, 1, -1)
            return torch.cat([first, patches], dim=1) + embeddings.position_embedding(embeddings.position_ids)

        def heads(self, rows: Any) -> Any:  # (n, tokens, width) -> (n, heads, tokens, width of a head)
            attention = self.tower.encoder.layers[-1].self_attn
            return rows.unflatten(2, (attention.num_heads, attention.head_dim)).transpose(1, 2)

    return Pictures().eval()


def text_tower(folder: Path, name: str) -> Callable[[list[str]], Any]:
    """A call from texts to their vectors, shape (n, dim), by the text half of a checkpoint."""
    import torch
    from transformers import CLIPTokenizer

    model = _model(folder, name)
    tower, projection = model.text_model, model.text_projection
    try:
        tokenizer = CLIPTokenizer.from_pretrained(folder, local_files_only=True)
    except (OSError, ValueError, TypeError) as error:
        raise Unavailable("embeddings.not_a_checkpoint", model=name, reason=error) from error
    torch.set_num_threads(get_settings().threads)

    def forward(texts: list[str]) -> Any:
        tokens = tokenizer(
            texts, padding=True, truncation=True, max_length=tower.config.max_position_embeddings, return_tensors="pt"
        )
        with torch.inference_mode():
            return projection(tower(**tokens).pooler_output).numpy()

    return forward


def _model(folder: Path, name: str) -> Any:
    """Both halves of a checkpoint."""
    try:
        from transformers import CLIPModel
    except ImportError as error:
        raise Unavailable("embeddings.image_unavailable", model=name, reason=error) from error
    return read_model(CLIPModel, folder, name=name, unusable="embeddings.not_a_checkpoint")
