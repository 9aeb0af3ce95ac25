"""A clustering as plain files: written when a model is trained, read when it is served.

Numbers are JSON with every digit (a float read back is the same float); vectors are NPZ; nothing is pickled.
"""

from __future__ import annotations

import io
import json
from dataclasses import asdict
from typing import Any

import numpy as np

from core.customers.clusters import Partition, Scaler
from core.customers.features import encode_columns, features_of
from core.customers.lookup import ClusterModel, KnownRange
from core.customers.persona_search import PersonaVectors
from core.customers.personas import ClusterName, PersonaText
from core.customers.profiles import ProfileColumns
from core.customers.vocabulary import FREQUENCIES
from core.errors import ArtifactMissing
from core.storage.artifacts import Artifact

FORMAT = 1
QUANTILES = (0.5, 0.9, 0.99, 0.999)  # of the distances to the own centre, kept for each cluster
VECTORS = "persona_vectors.npz"


def model_files(partition: Partition, columns: ProfileColumns, names: tuple[ClusterName, ...]) -> dict[str, bytes]:
    """model.json, scaler.json, columns.json and personas.json of a partition fitted on `columns`."""
    features = features_of(partition.feature_set)
    model = {
        "format": FORMAT,
        "feature_set": partition.feature_set,
        "k": partition.k,
        "centres": partition.centres.tolist(),
        "sizes": partition.sizes.tolist(),
        "inertia": partition.inertia,
        "distance_quantiles": {"q": list(QUANTILES), "by_cluster": _distance_quantiles(partition, columns)},
        "known": {
            "age": [float(columns.age.min()), float(columns.age.max())],
            "purchase_amount": [float(columns.purchase_amount.min()), float(columns.purchase_amount.max())],
            "subscribed": sorted({bool(value) for value in columns.subscribed}),
            "frequency": [label for code, label in enumerate(FREQUENCIES) if code in columns.frequency],
        },
    }
    scaler = {
        "scaling": partition.scaler.scaling,
        "shift": partition.scaler.shift.tolist(),
        "scale": partition.scaler.scale.tolist(),
    }
    listed = {
        "features": [feature.name for feature in features],
        "columns": [feature.column for feature in features],
        "purchases_per_year": FREQUENCIES,
    }
    return {
        "model.json": as_json(model),
        "scaler.json": as_json(scaler),
        "columns.json": as_json(listed),
        "personas.json": as_json([asdict(name) for name in names]),
    }


def vector_file(vectors: PersonaVectors) -> bytes:
    """The persona vectors as NPZ."""
    buffer = io.BytesIO()
    np.savez(
        buffer, encoder=np.array(vectors.encoder), clusters=np.array(vectors.clusters),
        languages=np.array(vectors.languages), vectors=vectors.vectors,
    )  # fmt: skip
    return buffer.getvalue()


def read_model(artifact: Artifact, *, version: str, slot: str = "champion") -> ClusterModel:
    """The model of a verified artifact. Raises ArtifactMissing when it is of another format."""
    model, scaler = artifact.json("model.json"), artifact.json("scaler.json")
    if model["format"] != FORMAT:
        raise ArtifactMissing("customers.unknown_format", found=model["format"], expected=FORMAT)
    listed = artifact.json("columns.json")
    if tuple(listed["features"]) != tuple(feature.name for feature in features_of(model["feature_set"])):
        raise ArtifactMissing("customers.unknown_format", found=listed["features"], expected=model["feature_set"])
    known = model["known"]
    last = model["distance_quantiles"]["q"].index(QUANTILES[-1])
    return ClusterModel(
        feature_set=model["feature_set"],
        scaler=Scaler(scaler["scaling"], np.array(scaler["shift"]), np.array(scaler["scale"])),
        centres=np.array(model["centres"]),
        sizes=tuple(model["sizes"]),
        distance_limits=tuple(row[last] for row in model["distance_quantiles"]["by_cluster"]),
        known=KnownRange(
            tuple(known["age"]),
            tuple(known["purchase_amount"]),
            frozenset(known["subscribed"]),
            frozenset(known["frequency"]),
        ),
        names=tuple(_name(entry) for entry in artifact.json("personas.json")),
        run_id=str(artifact.metadata["run_id"]),
        version=version,
        slot=slot,
        metadata=artifact.metadata,
    )


def read_vectors(artifact: Artifact) -> PersonaVectors | None:
    """The persona vectors, or None where the model was trained without a text encoder."""
    if VECTORS not in artifact.metadata["files"]:
        return None
    with np.load(io.BytesIO(artifact.read(VECTORS)), allow_pickle=False) as arrays:
        return PersonaVectors(
            str(arrays["encoder"]),
            tuple(arrays["clusters"].tolist()),
            tuple(arrays["languages"].tolist()),
            arrays["vectors"],
        )


def as_json(content: Any) -> bytes:
    """UTF-8 JSON that refuses NaN, which other readers do not understand."""
    return json.dumps(content, ensure_ascii=False, indent=1, allow_nan=False).encode()


def _distance_quantiles(partition: Partition, columns: ProfileColumns) -> list[list[float]]:
    scaled = partition.scaler(encode_columns(columns, partition.feature_set))
    distances = np.linalg.norm(scaled - partition.centres[partition.labels], axis=1)
    return [np.quantile(distances[partition.labels == cluster], QUANTILES).tolist() for cluster in range(partition.k)]


def _name(entry: dict[str, Any]) -> ClusterName:
    texts = {language: PersonaText(**text) for language, text in entry["texts"].items()}
    return ClusterName(entry["cluster_id"], entry["persona"], entry["fit"], texts)
