"""One training of an encoder from its parameters to files and comparison, whichever way it is trained."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal

from core.embeddings.text_models import SENTENCE_TRANSFORMERS, TextModel, text_model
from core.errors import BadInput
from core.fragrance.search.encoder_head import Kind, published_head, tuned_encoder
from core.fragrance.tuning.comparing import Comparison
from core.fragrance.tuning.contrast import Contrast, Epoch
from core.fragrance.tuning.embeddings import Encoded, compare_encoders, encode, train_head, under_head
from core.fragrance.tuning.encoder_publishing import head_files
from core.fragrance.tuning.pairs import PairSet
from core.fragrance.tuning.sentence_encoder import train_encoder
from core.fragrance.tuning.trainable_text_model import opened_files
from core.settings.current import get_settings

Method = Literal["head", "lora", "full"]
Progress = Callable[..., None]  # (step, fraction, **metrics), as `own_job.report_progress`


@dataclass(frozen=True)
class TunedEncoder:
    """files: of the artifact. encoder_id, dim: of the encoder it was made of. best_epoch: 0 where none was better.

    is_usable: what was made of it can serve beside the settings; a head cannot where they name another encoder.
    """

    kind: Kind
    files: Mapping[str, bytes]
    encoder_id: str
    dim: int
    history: tuple[Epoch, ...]
    best_epoch: int
    comparison: Comparison
    is_usable: bool


def tune_encoder(
    pairs: PairSet, settings: Contrast, *, encoder: str = "", method: Method = "head", lora_r: int = 8,
    progress: Progress = lambda *_, **__: None,
) -> TunedEncoder:  # fmt: skip
    """Train, and compare on held-out perfumes with what serves now, whose place it would take.

    encoder: name of a text model, empty for the one of the settings. Only a checkpoint of transformers can be trained
    itself. Raises BadInput for a method that the encoder does not allow, Unavailable where it cannot be loaded.
    """
    base = text_model(encoder or None)
    if method != "head":
        name = _checkpoint(encoder, base)
    encoded = encode(pairs, base, progress=lambda share: progress("encode", 0.3 * share))
    before = _as_served(pairs, base, encoded)

    def told(epoch: Epoch) -> None:
        share = 0.35 + 0.4 * epoch.number / settings.epochs
        progress("train", share, epoch=epoch.number, loss=epoch.loss, validation_ndcg=epoch.validation)

    if method == "head":
        trained = train_head(pairs, encoded, base.id, settings, on_epoch=told)
        files, history, best_epoch = head_files(trained.head), trained.history, trained.best_epoch
        comparison = compare_encoders(pairs, before, under_head(encoded, trained.head))
        is_usable = not encoder or text_model().id == base.id
        return TunedEncoder("head", files, base.id, base.dim, history, best_epoch, comparison, is_usable)
    model = train_encoder(name, pairs, settings, way=method, lora_r=lora_r, on_epoch=told)
    with opened_files(model.files) as tuned:  # compared as it will serve, read from its files
        after = encode(pairs, tuned, progress=lambda share: progress("compare", 0.75 + 0.2 * share))
    comparison = compare_encoders(pairs, before, after)
    return TunedEncoder("model", model.files, base.id, base.dim, model.history, model.best_epoch, comparison, True)


def _as_served(pairs: PairSet, base: TextModel, encoded: Encoded) -> Encoded:
    """The pairs as the encoder that serves now gives them; what is at hand of the base is not encoded again."""
    serving = tuned_encoder()
    if serving.id == base.id:
        return encoded
    head = published_head()
    if head is not None and head.base_encoder_id == base.id:
        return under_head(encoded, head)
    return encode(pairs, serving)


def _checkpoint(encoder: str, base: TextModel) -> str:
    name = encoder or get_settings().text_model
    if not name.startswith(SENTENCE_TRANSFORMERS):
        raise BadInput("fragrance_tuning.not_trainable", model=base.id)
    return name
