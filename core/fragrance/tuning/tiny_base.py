"""A tiny language model with random weights, made on the spot: what a training is tried with where no model is at hand.

It has learnt nothing and writes nothing sensible; a result on it shows that the training works, and is never published.
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
from collections.abc import Sequence
from pathlib import Path

from core.settings.current import get_settings

WORDS, WIDTH, LAYERS, HEADS, POSITIONS = 512, 32, 2, 2, 256
END, PAD = "<end>", "<pad>"


def tiny_base(texts: Sequence[str], seed: int = 0) -> Path:
    """The folder of a two-layer model whose pieces of words were counted in `texts`; made once for each set of them."""
    digest = hashlib.sha256(f"{seed}:{WIDTH}:{LAYERS}".encode())
    for text in texts:
        digest.update(text.encode() + b"\n")
    place = get_settings().data_dir / "cache" / "fragrance" / f"tiny-base-{digest.hexdigest()[:16]}"
    if not place.exists():
        place.parent.mkdir(parents=True, exist_ok=True)
        made = Path(tempfile.mkdtemp(prefix=".making-", dir=place.parent))
        make_tiny_base(made, texts, seed)
        try:
            made.replace(place)
        except OSError:  # another process was first
            shutil.rmtree(made, ignore_errors=True)
    return place


def make_tiny_base(folder: Path, texts: Sequence[str], seed: int = 0) -> None:
    """Write the model and its tokenizer, which reads any text: unknown letters are spelled in bytes."""
    import torch
    from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=WORDS, special_tokens=[PAD, END], initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        show_progress=False,
    )  # fmt: skip
    tokenizer.train_from_iterator(texts, trainer)
    wrapped = PreTrainedTokenizerFast(tokenizer_object=tokenizer, eos_token=END, pad_token=PAD)
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(seed)
        model = LlamaForCausalLM(
            LlamaConfig(
                vocab_size=len(wrapped), hidden_size=WIDTH, intermediate_size=2 * WIDTH, num_hidden_layers=LAYERS,
                num_attention_heads=HEADS, max_position_embeddings=POSITIONS, pad_token_id=wrapped.pad_token_id,
                eos_token_id=wrapped.eos_token_id, bos_token_id=None, tie_word_embeddings=False,
            )
        )  # fmt: skip
    model.save_pretrained(folder)
    wrapped.save_pretrained(folder)
