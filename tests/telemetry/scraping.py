"""What a scrape shows."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from core.telemetry import metrics


def value(name: str, **labels: str) -> float | None:
    """The sum of the series that a scrape shows, None where it shows none."""
    families = text_string_to_metric_families(metrics.text().decode())
    samples = [one for family in families for one in family.samples if one.name == name]
    found = [one.value for one in samples if labels.items() <= one.labels.items()]
    return sum(found) if found else None
