"""The counters behind `metrics`: made with the first count, shared by the processes of a machine, read as one text."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from core.telemetry import metric_files
from core.telemetry.logs import get_logger
from core.telemetry.metric_list import BY_NAME, COUNTED, OTHER, Metric

if TYPE_CHECKING:
    from prometheus_client import CollectorRegistry
    from prometheus_client import Metric as Family

FOLDER = "PROMETHEUS_MULTIPROC_DIR"  # the library's own name for it
MOST_KEPT = 5000  # children found without a look into the library; all of ours are fewer

log = get_logger("metrics")
before_scrape: list[Callable[[], object]] = []  # who holds counts back tells them first


@dataclass(frozen=True)
class _Made:
    """The counters of this process. folder: None where each process counts for itself."""

    by_name: dict[str, Any]
    registry: CollectorRegistry
    folder: Path | None


def child(name: str, /, **labels: str) -> Any:
    """The counter behind a name and its words; a word that is not in its list counts as "other"."""
    key = (name, *labels.values())
    found = _children.get(key)
    if found is None:
        metric = BY_NAME[name]
        parent = _made().by_name[name]
        found = parent.labels(*(_kept(metric, label, word) for label, word in labels.items())) if labels else parent
        if len(_children) < MOST_KEPT:
            _children[key] = found
    return found


def exposition() -> bytes:
    """Everything, in the format of Prometheus. A source that does not answer in time is left out."""
    from prometheus_client import CollectorRegistry, generate_latest

    from core.telemetry.scraped_figures import ScrapedFigures

    for tell in tuple(before_scrape):
        tell()
    registry = CollectorRegistry()
    registry.register(_Counted(_made()))
    registry.register(ScrapedFigures())
    return bytes(generate_latest(registry))


class _Counted:
    """What all processes counted, and what follows from it; a collector of prometheus_client."""

    def __init__(self, made: _Made) -> None:
        self.made = made

    def collect(self) -> Iterator[Family]:
        for one in self._families():
            yield one
            if one.name == "cache_operations":
                yield _hit_rate(one)

    def _families(self) -> list[Family]:
        from prometheus_client.multiprocess import MultiProcessCollector

        place = self.made.folder
        if place is None:
            return list(self.made.registry.collect())
        place.mkdir(parents=True, exist_ok=True)  # somebody may have cleared the data folder
        metric_files.settle(place)
        with metric_files.locked(place, is_alone=False):
            return list(MultiProcessCollector(None, str(place)).collect())


def _hit_rate(operations: Family) -> Family:
    from core.telemetry.scraped_figures import family

    looks: dict[str, float] = {}
    hits: dict[str, float] = {}
    for sample in (one for one in operations.samples if one.name.endswith("_total")):
        cache = sample.labels["cache"]
        looks[cache] = looks.get(cache, 0.0) + sample.value
        hits[cache] = hits.get(cache, 0.0) + sample.value * (sample.labels["operation"] == "hit")
    return family("cache_hit_rate", {cache: hits[cache] / total for cache, total in looks.items() if total})


def _made() -> _Made:
    global _kept_made  # noqa: PLW0603 - one per process is the point
    if _kept_made is None:
        with _making:
            if _kept_made is None:
                _kept_made = _make()
    return _kept_made


def _make() -> _Made:
    place = _shared_folder()
    from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, values

    # Another library may have loaded this one before its folder was named.
    values.ValueClass = values.MultiProcessValue() if place is not None else values.MutexValue
    registry = CollectorRegistry()
    made: dict[str, Any] = {}
    for one in COUNTED:
        names = [label for label, _ in one.labels]
        if one.kind == "counter":
            made[one.name] = Counter(one.name, one.help, names, registry=registry)
        elif one.kind == "histogram":
            made[one.name] = Histogram(one.name, one.help, names, registry=registry, buckets=one.buckets)
        else:
            made[one.name] = Gauge(one.name, one.help, names, registry=registry, multiprocess_mode="livesum")
    for word in ("http", "websocket"):  # with it the file of gauges is open too, and no count depends on a folder
        made["active_connections"].labels(word)
    return _Made(made, registry, place)


def _shared_folder() -> Path | None:
    place = metric_files.folder()
    try:
        metric_files.prepare(place)
    except OSError as error:  # a full disk is no reason to answer nobody
        log.warning("metrics_for_this_process_alone", reason=type(error).__name__)
        return None
    os.environ[FOLDER] = str(place)
    return place


def _kept(metric: Metric, label: str, word: str) -> str:
    words = dict(metric.labels)[label]
    return word if words is None or word in words else OTHER


_children: dict[tuple[str, ...], Any] = {}
_kept_made: _Made | None = None
_making = threading.Lock()
