"""Where runs are recorded, told to whoever asked for a tracker: MLflow, and others through it or not at all."""

from __future__ import annotations

from urllib.parse import urlsplit

from core.knowledge.notices import Notice
from core.settings.current import get_settings

LOCAL = "local"


def tracking_notice(*, use_wandb: bool) -> Notice:
    """What is configured. Weights & Biases is not; a request for it is answered, not passed over."""
    details = {"where": tracking_place()}
    return Notice("fragrance_tuning.tracked_not_wandb" if use_wandb else "fragrance_tuning.tracked", details)


def tracking_place() -> str:
    """The host of a tracking server, without names and passwords; "local" for files of this machine."""
    address = urlsplit(get_settings().resolved_mlflow_uri)
    return address.hostname or LOCAL if address.scheme.startswith(("http", "databricks")) else LOCAL
