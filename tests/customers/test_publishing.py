"""From a training to the served model: published only when nothing blocks it, followed without a restart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from core import doctor
from core.customers import facts, serving
from core.customers.findings import findings_of
from core.customers.publishing import result_of, store
from core.customers.training import Training, keep_sample, load_customers
from core.datasets.records import list_datasets
from core.errors import ArtifactMissing
from core.security.policy import LOCAL_ANALYST
from core.settings.current import get_settings


def keep(training: Training, run_id: str, **options: object):
    return store(training, run_id=run_id, principal=LOCAL_ANALYST, **{"publish": True, **options})  # type: ignore[arg-type]


@pytest.fixture
def blocked(sample_training: Training) -> Training:
    weak = replace(sample_training.evidence.chosen, gap=0.0)  # type: ignore[union-attr]
    return replace(sample_training, findings=findings_of(weak))


def test_when_nothing_is_published_then_the_way_out_is_named(home: Path) -> None:
    assert facts.current_clusters() is None
    with pytest.raises(ArtifactMissing, match="customers_train_clusters"):
        serving.current_model()


def test_when_published_then_the_model_is_served_with_its_run(home: Path, sample_training: Training) -> None:
    stored = keep(sample_training, "run-a")
    model = serving.current_model()
    assert stored.published and (model.run_id, model.version) == ("run-a", stored.version)
    assert serving.current_vectors() is not None
    assert len(serving.current_file("segments.json")["cluster_segments"]) == model.k


def test_when_a_finding_blocks_then_the_previous_model_stays_and_a_candidate_is_kept(
    home: Path, sample_training: Training, blocked: Training
) -> None:
    keep(sample_training, "run-a")
    stored = keep(blocked, "run-b")
    assert not stored.published
    assert (home / stored.artifact.path / "model.json").exists()
    assert serving.current_model().run_id == "run-a"


def test_when_a_reason_is_given_then_a_blocked_candidate_is_published(home: Path, blocked: Training) -> None:
    assert keep(blocked, "run-b", reason="the campaign needs groups anyway").published
    assert serving.current_model().run_id == "run-b"


def test_when_publishing_is_not_asked_for_then_only_the_artifact_is_kept(home: Path, sample_training: Training) -> None:
    assert not keep(sample_training, "run-a", publish=False).published
    assert not serving.is_published()


def test_when_both_slots_are_published_then_the_setting_chooses(
    home: Path, sample_training: Training, sample_compatibility: Training, settings_from: Callable[..., object]
) -> None:
    keep(sample_training, "run-a")
    keep(sample_compatibility, "run-a")
    assert serving.current_model().feature_set == "four_fields_log"
    settings_from(WORKBENCH_CUSTOMERS_MODEL="compatibility")
    assert serving.current_model().feature_set == "compatibility"


def test_when_a_file_is_removed_then_readiness_names_it_and_recovers(home: Path, sample_training: Training) -> None:
    stored = keep(sample_training, "run-a")
    scaler = home / stored.artifact.path / "scaler.json"
    content = scaler.read_bytes()
    scaler.unlink()
    with pytest.raises(ArtifactMissing, match="scaler"):
        serving.verify_published()
    scaler.write_bytes(content)
    assert serving.verify_published().version == stored.version


def test_when_the_compatibility_model_is_served_then_the_doctor_checks_its_files(
    home: Path, sample_training: Training, sample_compatibility: Training, settings_from: Callable[..., object]
) -> None:
    keep(sample_training, "run-a")
    stored = keep(sample_compatibility, "run-b")
    settings_from(WORKBENCH_CUSTOMERS_MODEL="compatibility")
    assert doctor._customers(get_settings()) == (
        doctor.OK, "customer clusters from run run-b, serving 'compatibility'",
    )  # fmt: skip

    (home / stored.artifact.path / "scaler.json").unlink()

    mark, sentence = doctor._customers(get_settings())
    assert mark == doctor.BAD
    assert "scaler.json" in sentence


def test_when_facts_are_asked_for_then_sizes_names_and_run_are_told(home: Path, sample_training: Training) -> None:
    keep(sample_training, "run-a")
    told = facts.current_clusters("ko")
    assert told is not None and told.run_id == "run-a" and told.customers == 3000
    assert sum(cluster.share for cluster in told.clusters) == pytest.approx(1.0)
    assert told.clusters[0].size == max(cluster.size for cluster in told.clusters)


def test_when_a_run_ends_then_its_result_tells_findings_and_places(
    home: Path, sample_training: Training, sample_compatibility: Training
) -> None:
    trainings = (sample_training, sample_compatibility)
    result = result_of(trainings, [keep(one, "run-a") for one in trainings])
    assert result["published"] and result["artifact"]["path"].startswith("models/customers/run-a")
    assert result["compatibility"]["findings"][0]["code"] == "customers.dominant_factor"
    assert len(result["clusters"]) == 5


def test_when_a_sample_would_replace_real_customers_then_it_stays_a_candidate(
    home: Path, sample_training: Training
) -> None:
    data = {**sample_training.metadata["data"], "synthetic": False, "source": "customers.csv"}
    real = replace(sample_training, metadata={**sample_training.metadata, "data": data})
    keep(real, "run-real")

    stored = keep(sample_training, "run-sample")

    assert not stored.published
    assert "customers.csv" in stored.findings[-1].text("en")
    assert serving.current_model().run_id == "run-real"
    assert keep(real, "run-real-2").published


def test_when_the_sample_is_kept_then_it_is_a_dataset_once_and_stays_synthetic_when_trained_on(home: Path) -> None:
    sample = load_customers("", principal=LOCAL_ANALYST)

    keep_sample(sample, principal=LOCAL_ANALYST)
    keep_sample(sample, principal=LOCAL_ANALYST)

    (dataset,) = list_datasets(principal=LOCAL_ANALYST, room="customers")
    assert "synthetic" in dataset.name
    assert load_customers(dataset.id, principal=LOCAL_ANALYST).synthetic


def test_when_asked_for_the_largest_cluster_then_its_customers_are_told_with_the_run(
    home: Path, sample_training: Training
) -> None:
    keep(sample_training, "run-a")
    largest = max(serving.current_model().sizes)

    told = facts.largest_cluster("가장 큰 군집의 고객은 몇 명인가요?", "ko", LOCAL_ANALYST)

    assert told is not None
    assert (told.figures["customers"], told.run_ids) == (largest, ("run-a",))
    assert f"{largest:,}명" in told.text


def test_when_nothing_is_published_then_a_question_about_clusters_is_told_so_without_a_figure(home: Path) -> None:
    told = facts.cluster_count("How many clusters are there?", "en", LOCAL_ANALYST)

    assert told is not None
    assert (told.figures, told.run_ids) == ({}, ())
    assert list(facts.FINDINGS.findings("en")) == []


@pytest.mark.parametrize("language", ["ko", "en"])
def test_when_published_then_each_cluster_is_a_document_that_names_its_run(
    home: Path, sample_training: Training, language: str
) -> None:
    keep(sample_training, "run-a")

    found = list(facts.FINDINGS.findings(language))

    assert len(found) == serving.current_model().k
    assert {one.metadata["run_id"] for one in found} == {"run-a"}
    assert all(one.title in one.markdown for one in found)
