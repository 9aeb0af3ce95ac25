"""A domain of small coloured pictures, and an encoder that sees only colours and counts what it is shown."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import numpy as np
from PIL import Image

from core.images.building import build_report, publishing, steps
from core.images.building.build import Build, BuildConfig
from core.images.pictures import Group, StoredPicture, add_picture
from core.images.space import unit_rows
from core.security.policy import LOCAL_ANALYST, Principal

FIELDS = 6  # colours in a row and in a column
NAMES = ("곰", "나비", "달")
DOMAIN = "zoo"


@dataclass(frozen=True)
class Words:
    """Knows the colours of the classes under their names, as a text tower would."""

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        return unit_rows(np.stack([np.ravel(_colours(text.removeprefix("a photo of a "))) - 0.5 for text in texts]))


@dataclass(frozen=True)
class ColourEncoder:
    id: str = "colours:fp32:numpy"
    dim: int = FIELDS * FIELDS * 3
    weights_sha256: str = "c" * 64
    preprocessing_sha256: str = "d" * 64
    text_encoder: Any = None
    batches: list[int] = field(default_factory=list)

    def encode(self, pictures: Sequence[Image.Image]) -> np.ndarray:
        self.batches.append(len(pictures))
        small = [np.asarray(one.resize((FIELDS, FIELDS), Image.Resampling.BOX), dtype=np.float32) for one in pictures]
        values = np.stack(small).reshape(len(pictures), -1) / 255
        return unit_rows(np.where(values.any(axis=1, keepdims=True), values - 0.5, 0))


def coloured(name: str, number: int, *, noise: float = 0.15) -> bytes:
    """PNG number `number` of a class: the class's colours, each a little off."""
    off = np.random.default_rng([number, *name.encode()]).normal(scale=noise, size=(FIELDS, FIELDS, 3))
    values = (np.clip(_colours(name) + off, 0.02, 1) * 255).astype(np.uint8)
    content = io.BytesIO()
    Image.fromarray(values).resize((48, 48), Image.Resampling.NEAREST).save(content, "PNG")
    return content.getvalue()


def black() -> bytes:
    content = io.BytesIO()
    Image.new("RGB", (48, 48)).save(content, "PNG")
    return content.getvalue()


def add(name: str, number: int, *, group: Group = "pictures", content: bytes | None = None) -> StoredPicture:
    made = coloured(name, number) if content is None else content
    return add_picture(DOMAIN, name, made, file_name=f"{number}.png", group=group, principal=LOCAL_ANALYST)


def fill(pictures: int = 6, *, names: Sequence[str] = NAMES, unknown: int = 0) -> None:
    """`pictures` in each class, and `unknown` in each of four classes that belong to none."""
    for name in names:
        for number in range(pictures):
            add(name, number)
    for name in ("u1", "u2", "u3", "u4"):
        for number in range(unknown):
            add(name, number, group="unknown")


def build(encoder: ColourEncoder | None = None, **config: Any) -> Build:
    return steps.build_domain(
        BuildConfig(**{"domain": DOMAIN, **config}),
        run_id=str(uuid4()), principal=LOCAL_ANALYST, encoder=encoder or ColourEncoder(),
    )  # fmt: skip


def stored(
    made: Build, *, publish: bool = True, reason: str = "", principal: Principal = LOCAL_ANALYST
) -> publishing.Stored:
    document = build_report.report_document(made)
    return publishing.store(made, document, principal=principal, publish=publish, reason=reason)


def published(encoder: ColourEncoder | None = None, **config: Any) -> publishing.Stored:
    """A build that serves."""
    return stored(build(encoder, **config))


def codes(found: publishing.Stored | Build) -> list[tuple[str, str]]:
    return [(one.code.removeprefix("images."), one.severity) for one in found.findings]


def _colours(name: str) -> np.ndarray:
    return np.random.default_rng([7, *name.encode()]).random((FIELDS, FIELDS, 3))
