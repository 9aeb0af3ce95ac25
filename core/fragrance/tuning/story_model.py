"""A causal language model that stories are trained on: found by name, opened, and told what to read."""

from __future__ import annotations

import importlib.util
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from core.embeddings.checkpoints import WEIGHTS, checkpoint_folder, files_sha256, id_name, read_model, weight_files
from core.errors import Unavailable
from core.fragrance.tuning.story_pairs import Divided, StoryPair
from core.fragrance.tuning.tiny_base import tiny_base
from core.knowledge.notices import Notice
from core.settings.current import get_settings

if TYPE_CHECKING:
    import torch

MOST_TOKENS = 1024  # of a pair, where the model reads more
FORM = "### Brief\n{brief}\n### Story\n"
NOT_COUNTED = -100  # label of a piece that no loss is taken of
FILES = ("*.model", "*.jinja")


@dataclass(frozen=True)
class Base:
    """name: as asked for, a folder or a hub name. id: name and checksum of the weights, without any path.

    is_tiny: one of ours with random weights, made to try a training.
    """

    name: str
    id: str
    model: Any
    tokenizer: Any
    max_tokens: int
    notices: tuple[Notice, ...] = ()
    is_tiny: bool = False

    @property
    def device(self) -> Any:
        return self.model.device


def open_base(name: str, *, four_bit: bool = False) -> Base:
    """The model, on an accelerator in bfloat16 where there is one, else in full precision.

    four_bit: weights in 4 bit where bitsandbytes and a CUDA device are there; where not, `notices` says so.
    Raises Unavailable where the model is neither a folder nor cached, or is no causal language model.
    """
    import torch

    folder = checkpoint_folder(name, missing="fragrance_tuning.base_not_cached", more=FILES)
    torch.set_num_threads(get_settings().threads)
    has_cuda = torch.cuda.is_available()
    is_quantized = four_bit and has_cuda and importlib.util.find_spec("bitsandbytes") is not None
    notices = () if is_quantized or not four_bit else (Notice("fragrance_tuning.four_bit_unavailable"),)
    options: dict[str, Any] = {"dtype": torch.bfloat16 if has_cuda else torch.float32}
    try:
        from transformers import AutoModelForCausalLM, AutoTokenizer, BitsAndBytesConfig

        if is_quantized:
            options["quantization_config"] = BitsAndBytesConfig(
                load_in_4bit=True, bnb_4bit_quant_type="nf4", bnb_4bit_compute_dtype=torch.bfloat16
            )
        tokenizer: Any = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    except (ImportError, OSError, ValueError, KeyError, TypeError) as error:
        raise Unavailable("fragrance_tuning.not_a_language_model", model=id_name(name), reason=error) from error
    unusable = "fragrance_tuning.not_a_language_model"
    model = read_model(AutoModelForCausalLM, folder, name=id_name(name), unusable=unusable, **options)
    if has_cuda and not is_quantized:
        model = model.to("cuda")
    if tokenizer.eos_token_id is None:
        raise Unavailable(unusable, model=id_name(name), reason="no piece that ends a text")
    if tokenizer.pad_token is None:
        tokenizer.pad_token = tokenizer.eos_token
    limit = min(int(getattr(model.config, "max_position_embeddings", MOST_TOKENS)), MOST_TOKENS)
    sha256 = files_sha256(weight_files(folder, WEIGHTS))
    return Base(name, f"{id_name(name)}:{sha256[:16]}", model, tokenizer, limit, notices)


def base_for(name: str, data: Divided, *, four_bit: bool = False) -> Base:
    """The base `name`; for an empty one a tiny model made on the spot, which reads pieces of the words of the data."""
    if name.strip():
        return open_base(name.strip(), four_bit=four_bit)
    texts = [text for pair in (*data.train, *data.held_out) for text in (pair.input, pair.output)]
    return replace(open_base(str(tiny_base(texts)), four_bit=four_bit), is_tiny=True)


def is_quantized(base: Base) -> bool:
    return bool(getattr(base.model, "is_loaded_in_4bit", False))


def prompt_of(tokenizer: Any, brief: str) -> str:
    """What the model reads before it writes: by its own template where it has one."""
    if getattr(tokenizer, "chat_template", None):
        turns = [{"role": "user", "content": brief}]
        return str(tokenizer.apply_chat_template(turns, tokenize=False, add_generation_prompt=True))
    return FORM.format(brief=brief)


def pieces_of(base: Base, pair: StoryPair) -> tuple[list[int], list[int]]:
    """Ids and labels of one pair, of equal length; only the story and its end are counted.

    What is too long loses the beginning of its brief first, then the end of its story.
    """
    ask = base.tokenizer(prompt_of(base.tokenizer, pair.input), add_special_tokens=False)["input_ids"]
    told = [*base.tokenizer(pair.output, add_special_tokens=False)["input_ids"], base.tokenizer.eos_token_id]
    room = max(base.max_tokens - len(told), base.max_tokens // 2)
    ask = ask[-room:]
    told = told[: base.max_tokens - len(ask)]
    return [*ask, *told], [*[NOT_COUNTED] * len(ask), *told]


def losses(model: Any, base: Base, pieces: Sequence[tuple[list[int], list[int]]]) -> tuple[torch.Tensor, torch.Tensor]:
    """By pair: the summed loss of its counted pieces and their number, shapes (n,)."""
    import torch

    longest = max(len(ids) for ids, _ in pieces)
    pad = base.tokenizer.pad_token_id
    ids = torch.tensor([[*one, *[pad] * (longest - len(one))] for one, _ in pieces], device=base.device)
    labels = torch.tensor([[*one, *[NOT_COUNTED] * (longest - len(one))] for _, one in pieces], device=base.device)
    mask = torch.tensor([[*[1] * len(one), *[0] * (longest - len(one))] for one, _ in pieces], device=base.device)
    logits = model(input_ids=ids, attention_mask=mask).logits[:, :-1].float()  # (n, pieces - 1, words)
    wanted = labels[:, 1:]
    each = torch.nn.functional.cross_entropy(
        logits.transpose(1, 2), wanted, ignore_index=NOT_COUNTED, reduction="none"
    )  # (n, pieces - 1)
    return each.sum(dim=1), (wanted != NOT_COUNTED).sum(dim=1)


def written(model: Any, base: Base, brief: str, *, max_new_tokens: int = 200) -> str:
    """The story that the model writes, the likeliest piece each time: the same for the same brief."""
    import torch

    prompt = base.tokenizer(prompt_of(base.tokenizer, brief), add_special_tokens=False, return_tensors="pt")
    room = max(base.max_tokens - max_new_tokens, base.max_tokens // 2)
    ids = prompt["input_ids"][:, -room:].to(base.device)
    with torch.inference_mode():
        told = model.generate(
            input_ids=ids, attention_mask=torch.ones_like(ids), do_sample=False, num_beams=1,
            max_new_tokens=min(max_new_tokens, base.max_tokens - ids.shape[1]),
            pad_token_id=base.tokenizer.pad_token_id, eos_token_id=base.tokenizer.eos_token_id,
        )  # fmt: skip
    return str(base.tokenizer.decode(told[0, ids.shape[1] :], skip_special_tokens=True)).strip()
