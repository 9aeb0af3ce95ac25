"""Cuts text into the pieces of multilingual E5, as the encoder's own engine does (the most probable pieces)."""

from __future__ import annotations

import re
from collections.abc import Callable

from core.embeddings.checked_vectors import Purpose
from core.embeddings.e5_file import E5File

_BLANKS = re.compile(" {2,}")


def piece_reader(file: E5File) -> Callable[[str, Purpose], list[int]]:
    """A call (text, purpose) -> ids of its pieces, without marks of begin and end and without any cut."""
    from tokenizers import Tokenizer
    from tokenizers.models import Unigram
    from tokenizers.pre_tokenizers import Metaspace

    tokenizer = Tokenizer(Unigram(file.pieces(), unk_id=file.unknown, byte_fallback=False))
    tokenizer.pre_tokenizer = Metaspace(prepend_scheme="always")

    def pieces(text: str, purpose: Purpose) -> list[int]:
        whole = text.encode("utf-8", "replace").decode()  # half of a surrogate pair is no text
        # The model was trained with the purpose before each text.
        plain = _BLANKS.sub(" ", f"{purpose}: {whole}".translate(file.replacements))
        ids: list[int] = tokenizer.encode(plain, add_special_tokens=False).ids
        return ids

    return pieces
