"""What the published customer clusters answer when somebody asks about them, and what they tell as documents."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from core.customers.serving import ROOM, current_model, is_published
from core.knowledge.answers.own_figures import Fact, FactAnswer
from core.knowledge.ingestion.sources import Finding
from core.messages import LANGUAGES, say
from core.security.policy import Permission, Principal

CLUSTERS = {"ko": ("군집", "클러스터"), "en": ("cluster", "segment")}
LARGEST = {"ko": ("가장 큰", "제일 큰", "최대"), "en": ("largest", "biggest")}
SMALLEST = {"ko": ("가장 작은", "제일 작은", "최소"), "en": ("smallest",)}
# Narrow on purpose: "how many clusters does the compatibility model have" is for the documents.
HOW_MANY = {
    "ko": ("고객 군집은 몇", "고객 군집이 몇", "고객 군집의 수", "공개된 군집은 몇", "공개된 군집이 몇"),
    "en": ("how many customer clusters", "how many clusters are published", "number of customer clusters"),
}


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


def current_clusters(language: str = "en") -> ClustersFact | None:
    """The clusters served now, largest first; None while nothing is published."""
    if not is_published():
        return None
    model = current_model()
    total = sum(model.sizes)
    clusters = [
        ClusterFact(name.cluster_id, name.text(language).name, name.text(language).description, size, size / total)
        for name, size in zip(model.names, model.sizes, strict=True)
    ]
    source = str(model.metadata["data"]["source"])
    ordered = tuple(sorted(clusters, key=lambda cluster: -cluster.size))
    return ClustersFact(model.run_id, model.version, source, total, ordered)


def largest_cluster(_question: str, language: str, _principal: Principal) -> FactAnswer | None:
    """Name, size and share of the cluster with the most customers."""
    return _one_cluster("largest", 0, language)


def smallest_cluster(_question: str, language: str, _principal: Principal) -> FactAnswer | None:
    """Name, size and share of the cluster with the fewest customers."""
    return _one_cluster("smallest", -1, language)


def cluster_count(_question: str, language: str, _principal: Principal) -> FactAnswer | None:
    """How many clusters are published, and how many customers they were found among."""
    found = current_clusters(language)
    if found is None:
        return _nothing_published(language)
    figures = {"clusters": len(found.clusters), "customers": found.customers}
    text = say("customers.fact_count", language, clusters=len(found.clusters), customers=f"{found.customers:,}")
    return FactAnswer(text, (found.run_id,), figures)


FACTS = tuple(
    Fact(
        f"{ROOM}.{name}",
        Permission.CUSTOMERS_LOOKUP,
        {language: tuple(group[language] for group in groups) for language in LANGUAGES},
        tell,
    )
    for name, groups, tell in (
        ("largest_cluster", (CLUSTERS, LARGEST), largest_cluster),
        ("smallest_cluster", (CLUSTERS, SMALLEST), smallest_cluster),
        ("cluster_count", (HOW_MANY,), cluster_count),
    )
)


class _Clusters:
    """One document for each published cluster."""

    name = ROOM

    def findings(self, language: str) -> Iterator[Finding]:
        """Nothing where nothing is published."""
        found = current_clusters(language)
        if found is None:
            return
        for one in found.clusters:
            text = current_model().names[one.cluster_id].text(language)
            told = say("customers.fact_size", language, **_size(one, found))
            markdown = f"# {one.name}\n\n{text.type}\n\n{text.description}\n\n{text.purpose}\n\n{told}\n"
            details = {"run_id": found.run_id, "cluster": one.cluster_id, "version": found.version}
            yield Finding(f"cluster-{one.cluster_id}", one.name, markdown, details)


FINDINGS = _Clusters()


def _one_cluster(which: str, place: int, language: str) -> FactAnswer:
    found = current_clusters(language)
    if found is None:
        return _nothing_published(language)
    one = found.clusters[place]
    text = say(f"customers.fact_{which}", language, name=one.name, **_size(one, found))
    return FactAnswer(text, (found.run_id,), {"cluster": one.name, "customers": one.size, "share": one.share})


def _size(one: ClusterFact, found: ClustersFact) -> dict[str, str]:
    return {"customers": f"{one.size:,}", "total": f"{found.customers:,}", "share": f"{100 * one.share:.1f}"}


def _nothing_published(language: str) -> FactAnswer:
    return FactAnswer(say("customers.fact_none", language))
