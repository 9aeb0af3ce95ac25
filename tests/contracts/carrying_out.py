"""Queued work brought to its end as the dispatcher and its notebooks do, on few rows and without a kernel."""

from __future__ import annotations

from dataclasses import replace

from core.security.policy import LOCAL_ANALYST

QUICK_MODELS = ("hashed_logistic", "block_logistic")
EPOCHS = 2  # that are told; the network itself takes longer to train than all else together


def carry_out_training(run_id: str) -> None:
    """A training that was ordered: its epochs are told, then quick models are trained on the file it names."""
    from core.ctr.training.config import TrainingConfig
    from core.ctr.training.rows import load_impressions
    from core.jobs.records import get_job
    from tests.api import ctr_runs
    from tests.ctr_runs import trained

    ctr_runs.begin(run_id)
    for epoch in range(1, EPOCHS + 1):
        ctr_runs.tell_epoch(run_id, epoch, EPOCHS)
    asked = TrainingConfig.from_parameters(get_job(run_id, principal=LOCAL_ANALYST).parameters)
    config = replace(asked, models=QUICK_MODELS)
    data = load_impressions(config, principal=LOCAL_ANALYST)
    ctr_runs.succeed(run_id, trained(run_id, config, data, reason="replay"))


def carry_out_ingestion(ingestion_id: str) -> None:
    """Documents that were asked for, with the encoder that the sidecar asks with."""
    from core.embeddings.text_models import text_model
    from tests.api.etl_home import carry_out

    carry_out(ingestion_id, encoder=text_model())  # type: ignore[arg-type]
