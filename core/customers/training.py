"""One training of the customer clusters: data, evidence, names, files, and whether it may be published."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from core.customers.clusters import Partition, fit_compatibility
from core.customers.evidence import LIMITS, MIN_ROWS, Evidence, find_clusters
from core.customers.explorer import explore
from core.customers.features import features_of
from core.customers.findings import compatibility_findings, findings_of
from core.customers.model_files import VECTORS, as_json, model_files, vector_file
from core.customers.persona_search import embed_personas
from core.customers.personas import (
    ClusterName,
    GroupFigures,
    describe_group,
    describe_groups,
    load_personas,
    match_personas,
)
from core.customers.profiles import ProfileColumns, read_profiles
from core.customers.samples import SAMPLE_NAME, is_sample, make_customers, sample_csv
from core.customers.segments import build_segments
from core.customers.vocabulary import PROFILE_COLUMNS
from core.errors import BadInput, Unavailable
from core.messages import LANGUAGES
from core.security.policy import Principal

if TYPE_CHECKING:
    import polars

    from core.datasets.findings import Finding

CHAMPION, COMPATIBILITY = "champion", "compatibility"


@dataclass(frozen=True)
class CustomerData:
    """A readable customer table: where it came from, its checksum, the frame and the four profile columns."""

    source: str
    sha256: str
    frame: polars.DataFrame
    columns: ProfileColumns
    synthetic: bool
    left_out: int = 0  # rows without one of the four profile fields


@dataclass(frozen=True)
class Training:
    """A finished training, not yet stored. `slot` is where it belongs once published."""

    slot: str
    partition: Partition
    evidence: Evidence | None
    groups: tuple[GroupFigures, ...]
    names: tuple[ClusterName, ...]
    findings: tuple[Finding, ...]
    files: dict[str, bytes]
    metadata: dict[str, Any]

    @property
    def metrics(self) -> dict[str, float]:
        measured: dict[str, float] = self.metadata["metrics"]
        return measured

    def json(self, file: str) -> Any:
        """The content of one of the JSON files."""
        return json.loads(self.files[file])

    def cluster_rows(self) -> list[dict[str, Any]]:
        """One row per cluster, for a table: name, fit of its persona and figures."""
        return [
            {
                "cluster_id": name.cluster_id,
                **{language: name.text(language).name for language in LANGUAGES},
                "persona": name.persona,
                "fit": round(name.fit, 2),
                "size": group.size,
                "age": round(group.age, 1),
                "amount_usd": round(group.amount, 1),
                "subscribed": round(group.subscribed, 3),
                "dominant_frequency": group.dominant_frequency,
            }
            for name, group in zip(self.names, self.groups, strict=True)
        ]

    def evidence_rows(self) -> list[dict[str, Any]]:
        """One row per confirmed candidate, best first; none for the compatibility model."""
        candidates = self.evidence.candidates if self.evidence else ()
        return [asdict(candidate) for candidate in candidates if candidate.confirmed]


def load_customers(dataset_id: str, *, principal: Principal) -> CustomerData:
    """The dataset, or the sample file when `dataset_id` is empty.

    Raises BadInput for unusable columns or rows, Conflict while a blocking finding of the dataset is open.
    """
    if not dataset_id:
        frame, _ = make_customers()
        checksum = hashlib.sha256(sample_csv()).hexdigest()
        return CustomerData(SAMPLE_NAME, checksum, frame, read_profiles(frame), synthetic=True)
    from core.datasets import records as datasets

    dataset = datasets.require_trainable(dataset_id, principal=principal)
    frame = datasets.load_frame(dataset)
    # Rows with a missing field reach this point only when somebody accepted that finding with a reason.
    complete = frame.drop_nulls([name for name in PROFILE_COLUMNS if name in frame.columns])
    left_out = frame.height - complete.height
    columns = read_profiles(complete)
    synthetic = is_sample(columns)  # stored and trained on like any other file, it stays a sample
    return CustomerData(dataset.name, dataset.sha256, complete, columns, synthetic, left_out)


def keep_sample(data: CustomerData, *, principal: Principal) -> None:
    """Store the sample among the datasets, once, so that the pages can show what it was trained on."""
    if data.source != SAMPLE_NAME:
        return
    from core.customers.schema import CUSTOMER_SCHEMA
    from core.datasets import records as datasets
    from core.datasets.uploads import uploaded_from_frame

    name = f"{SAMPLE_NAME} (synthetic)"
    table = uploaded_from_frame(data.frame)
    datasets.save_dataset(table, name=name, room=CUSTOMER_SCHEMA.room, principal=principal, schema=CUSTOMER_SCHEMA)


def train(
    data: CustomerData, *, mode: str, k_min: int, k_max: int, seed: int, resamples: int,
    progress: Callable[[float], None] = lambda fraction: None,
) -> tuple[Training, ...]:  # fmt: skip
    """The trainings of a run, the wanted one first: evidence trains the compatibility model beside it."""
    if mode == COMPATIBILITY:
        return (train_compatibility(data),)
    chosen = train_by_evidence(data, k_min=k_min, k_max=k_max, seed=seed, resamples=resamples, progress=progress)
    return chosen, train_compatibility(data)


def train_by_evidence(
    data: CustomerData, *, k_min: int = 2, k_max: int = 10, seed: int = 0, resamples: int = 10,
    progress: Callable[[float], None] = lambda fraction: None,
) -> Training:  # fmt: skip
    """Choose features, scaling and K by evidence; without clusters the best partition stays a candidate."""
    evidence = find_clusters(data.columns, k_min=k_min, k_max=k_max, seed=seed, resamples=resamples, progress=progress)
    return _finish(CHAMPION, data, evidence.partition, findings_of(evidence.chosen), seed, evidence)


def train_compatibility(data: CustomerData) -> Training:
    """Reproduce the old seven clusters."""
    if len(data.columns) < MIN_ROWS:
        raise BadInput("customers.too_few_rows", rows=len(data.columns), needed=MIN_ROWS)
    partition = fit_compatibility(data.columns)
    findings = compatibility_findings(data.columns, partition.labels)
    return _finish(COMPATIBILITY, data, partition, findings, 0, None)


def _finish(
    slot: str, data: CustomerData, partition: Partition, findings: tuple[Finding, ...], seed: int,
    evidence: Evidence | None,
) -> Training:  # fmt: skip
    columns = data.columns
    groups = describe_groups(columns, partition.labels, partition.k)
    names = match_personas(groups, describe_group(columns), load_personas())
    own_names: list[dict[str, str]] = [{language: name.text(language).name for language in LANGUAGES} for name in names]
    files = model_files(partition, columns, names)
    files["segments.json"] = as_json(build_segments(data.frame, partition.labels, groups, names, language="ko"))
    files["segments_en.json"] = as_json(build_segments(data.frame, partition.labels, groups, names, language="en"))
    files["evidence.json"] = as_json(evidence.as_dict() if evidence else {"candidates": [], "limits": LIMITS})
    files["explorer.json"] = as_json(explore(partition, columns, own_names, seed=seed))
    encoder = _add_vectors(files, names)
    metadata = {
        "parameters": {
            "slot": slot,
            "feature_set": partition.feature_set,
            "features": [feature.name for feature in features_of(partition.feature_set)],
            "scaling": partition.scaler.scaling,
            "k": partition.k,
        },
        "seed": seed,
        "data": {
            "source": data.source,
            "sha256": data.sha256,
            "rows": len(columns),
            "left_out": data.left_out,
            "synthetic": data.synthetic,
        },
        "encoder": encoder,
        "metrics": _metrics(partition, evidence),
    }
    return Training(slot, partition, evidence, groups, names, findings, files, metadata)


def _add_vectors(files: dict[str, bytes], names: tuple[ClusterName, ...]) -> str | None:
    """Add the persona vectors; a machine without the encoder still gets its clusters, and search says so."""
    try:
        vectors = embed_personas(names)
    except Unavailable:
        return None
    files[VECTORS] = vector_file(vectors)
    return vectors.encoder


def _metrics(partition: Partition, evidence: Evidence | None) -> dict[str, float]:
    metrics = {
        "clusters": float(partition.k),
        "inertia": partition.inertia,
        "smallest_share": float(partition.sizes.min() / partition.sizes.sum()),
    }
    if evidence:
        chosen = evidence.chosen
        metrics |= {
            "silhouette": chosen.silhouette,
            "silhouette_margin_95": chosen.silhouette_margin_95 or 0.0,
            "silhouette_reference": chosen.reference,
            "silhouette_gap": chosen.gap,
            "silhouette_z": chosen.z,
            "stability": chosen.stability or 0.0,
            "stability_lowest": chosen.stability_lowest or 0.0,
        }
    return metrics
