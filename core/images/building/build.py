"""What a build is asked for, and what it is once it is done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from core.datasets.findings import Finding
from core.errors import BadInput
from core.images.building.build_comparison import PROTOTYPE, Comparison
from core.images.building.class_checks import CopyCheck
from core.images.embedded_pictures import DomainVectors, rows_of
from core.images.feedback import Remark
from core.images.names import domain_name
from core.images.pictures import Group
from core.images.prototypes import Prototypes
from core.images.references import References
from core.images.samples.drawing import SAMPLE_DOMAIN
from core.images.serving import Serving
from core.intervals import Interval
from core.settings.current import get_settings


@dataclass(frozen=True)
class BuildConfig:
    """What a build is asked for. domain, image_model: empty for the sample domain and the model of the settings.

    text_prompt: the sentence for a class, with {} for its English name. target: false-accept rate, 0.001..0.5.
    Raises BadInput for a name, sentence or target that cannot be.
    """

    domain: str = ""
    image_model: str = ""
    text_prompt: str = "a photo of a {}"
    with_space: bool = True
    calibrate: bool = True
    target: float = 0.05
    seed: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "domain", domain_name(self.domain or SAMPLE_DOMAIN))
        object.__setattr__(self, "image_model", self.image_model or get_settings().image_model)
        if not 0.001 <= self.target <= 0.5:
            raise BadInput("images.target", target=self.target)
        if self.text_prompt.count("{}") != 1:
            raise BadInput("images.text_prompt", prompt=self.text_prompt)


@dataclass(frozen=True, eq=False)
class Build:
    """A finished build. comparison, calibration: None where the pictures do not allow it; `missing` says why.

    before: what served when the build began. seconds: load (the encoder, once per process), decode, forward and other,
    which together are the whole build.
    """

    config: BuildConfig
    run_id: str
    prototypes: Prototypes
    vectors: DomainVectors
    copies: CopyCheck
    comparison: Comparison | None
    calibration: dict[str, Any] | None
    missing: tuple[str, dict[str, Any]] | None
    remarks: tuple[Remark, ...]
    before: Serving
    findings: tuple[Finding, ...]
    seconds: dict[str, float]

    @property
    def top_1(self) -> Interval | None:
        """Share of held-out pictures that the prototypes name right; None where naming is no question."""
        return self.comparison.top_1.get(PROTOTYPE) if self.comparison else None

    @property
    def taken_up(self) -> tuple[Remark, ...]:
        """The staged remarks whose pictures are in this build."""
        return tuple(one.remark for one in self.vectors.pictures if one.remark is not None)

    def references(self, group: Group = "pictures") -> References:
        """The vectors of the pictures it was built from, or of the unknown ones."""
        found = [one for pictures in self.vectors.of(group).values() for one in pictures]
        card = self.prototypes
        return References(
            vectors=rows_of(found) if found else np.empty((0, card.dim), dtype=np.float32),
            class_names=tuple(one.class_name for one in found),
            file_names=tuple(one.file_name for one in found),
            sha256s=tuple(one.sha256 for one in found),
            encoder_id=str(card.encoder_id),
            weights_sha256=str(card.weights_sha256),
            preprocessing_sha256=str(card.preprocessing_sha256),
            built_by=self.run_id,
        )
