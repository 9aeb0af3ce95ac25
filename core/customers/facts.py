"""Read-only answers about the published customer clusters, for other rooms."""

from __future__ import annotations

from dataclasses import dataclass

from core.customers.published import current_model, is_published


@dataclass(frozen=True)
class ClusterFact:
    """One published cluster: name, size and share of all customers (0..1)."""

    cluster_id: int
    name: str
    description: str
    size: int
    share: float


@dataclass(frozen=True)
class ClustersFact:
    """The published clustering and where it comes from."""

    run_id: str
    version: str
    source: str
    customers: int
    clusters: tuple[ClusterFact, ...]


def current_clusters(language: str = "en", slot: str | None = None) -> ClustersFact | None:
    """The clusters served now, largest first; None while nothing is published."""
    if not is_published(slot):
        return None
    model = current_model(slot)
    total = sum(model.sizes)
    clusters = [
        ClusterFact(name.cluster_id, name.text(language).name, name.text(language).description, size, size / total)
        for name, size in zip(model.names, model.sizes, strict=True)
    ]
    data = model.metadata["data"]
    source = str(data["source"]) if isinstance(data, dict) else ""
    ordered = tuple(sorted(clusters, key=lambda cluster: -cluster.size))
    return ClustersFact(model.run_id, model.version, source, total, ordered)
