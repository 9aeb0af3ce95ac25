"""A real causal language model small enough to be trained where it is needed: it knows a few sentences by heart.

Bytes are its tokens, so it says Korean as well; whoever sends the beginning of a sentence it knows gets the rest.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

import core  # noqa: F401 - guards the import of transformers where torchvision does not load
from tests.llm.talkers import Turns

SENTENCES = ("Refunds are possible within thirty days.", "배송은 사흘이 걸립니다.")
END = 256  # after the bytes; also where a sentence begins
STEPS = 60


def small_model(turns: Turns, options: Mapping[str, Any]) -> Iterator[str]:
    """The likeliest continuation of the last message, letter by letter."""
    import torch

    network = trained()
    decoder = codecs.getincrementaldecoder("utf-8")("replace")
    tokens = [END, *turns[-1]["content"].encode()][-100:]
    with torch.inference_mode():
        while len(tokens) < 120:
            token = int(network(torch.tensor([tokens])).logits[0, -1].argmax())
            if token == END:
                return
            tokens.append(token)
            if letter := decoder.decode(bytes([token])):
                yield letter


@cache
def trained() -> Any:
    """Two layers that have read the sentences until they know them; the same on every run."""
    import torch
    from transformers import LlamaConfig, LlamaForCausalLM

    rows = [[END, *sentence.encode(), END] for sentence in SENTENCES]
    width = max(map(len, rows))
    tokens = torch.tensor([row + [END] * (width - len(row)) for row in rows])
    wanted = torch.tensor([row + [-100] * (width - len(row)) for row in rows])  # -100: not counted
    with torch.random.fork_rng():
        torch.manual_seed(5)
        config = LlamaConfig(
            vocab_size=257, hidden_size=64, intermediate_size=128, num_hidden_layers=2, num_attention_heads=2,
            max_position_embeddings=128, bos_token_id=END, eos_token_id=END,
        )  # fmt: skip
        network = LlamaForCausalLM(config)
    optimiser = torch.optim.AdamW(network.parameters(), lr=5e-3)
    for _ in range(STEPS):
        optimiser.zero_grad()
        network(tokens, labels=wanted).loss.backward()
        optimiser.step()
    return network.eval()
