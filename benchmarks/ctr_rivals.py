"""Click models of other projects, given the same rows: LightGBM, and FuxiCTR's DIN and DCNv2 from its own package.

They are installed for the benchmark only (`make bench`, benchmarks/requirements.txt).
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import Any

import numpy as np

from core.ctr.data.impressions import Impressions
from core.ctr.evaluating.scores import score
from core.ctr.models.baselines import joined

EVENTS = 51  # most recent ids: the last one is the target item, the 50 before it its history, FuxiCTR's own length
BATCH = 1024
EPOCHS, PATIENCE = 10, 2
FURTHEST = 4.0  # standard deviations

TREES: tuple[dict[str, Any], ...] = (
    {"num_leaves": 15, "num_iterations": 150},
    {"num_leaves": 7, "num_iterations": 100},
    {"num_leaves": 31, "num_iterations": 100},
    {"num_leaves": 15, "num_iterations": 300},
)
NETS: tuple[dict[str, Any], ...] = (
    {"embedding_dim": 16, "embedding_regularizer": 1e-5, "net_dropout": 0.2, "learning_rate": 1e-3},
    {"embedding_dim": 8, "embedding_regularizer": 1e-4, "net_dropout": 0.4, "learning_rate": 1e-3},
    {"embedding_dim": 16, "embedding_regularizer": 1e-4, "net_dropout": 0.2, "learning_rate": 5e-4},
    {"embedding_dim": 32, "embedding_regularizer": 1e-5, "net_dropout": 0.4, "learning_rate": 5e-4},
)


class LightGbm:
    """LightGBM on the table, the last id and the length, categories as such; settings chosen on validation rows."""

    name = "LightGBM"

    def fit(self, training: Impressions, validation: Impressions, trials: int) -> LightGbm:
        losses = [
            _log_loss(validation, self._booster(training, one).predict(self._matrix(validation)))
            for one in TREES[:trials]
        ]
        self.model_ = self._booster(joined(training, validation), TREES[int(np.argmin(losses))])
        return self

    def predict_proba(self, rows: Impressions) -> np.ndarray:
        return np.asarray(self.model_.predict(self._matrix(rows)))

    def _booster(self, rows: Impressions, settings: dict[str, Any]) -> Any:
        import lightgbm

        data = lightgbm.Dataset(
            self._matrix(rows), rows.labels, categorical_feature=list(range(len(rows.categories) + 1))
        )
        fixed = {"objective": "binary", "learning_rate": 0.06, "num_threads": 1, "verbose": -1, "seed": 0}
        return lightgbm.train({**fixed, "lambda_l2": 10.0, **settings}, data)

    def _matrix(self, rows: Impressions) -> np.ndarray:
        assert rows.sequences is not None
        codes = [one.codes.astype(np.float32) for one in rows.categories]
        last = rows.sequences.recent(1)[:, 0].astype(np.float32)
        length = rows.sequences.lengths.astype(np.float32)
        return np.column_stack([*codes, last, length, rows.numbers])


class FuxiCtr:
    """DIN or DCNv2 as FuxiCTR ships them, fed with its own feature map; early stopping on validation log loss."""

    def __init__(self, name: str) -> None:
        self.name = f"FuxiCTR {name}"
        self.kind = name

    def fit(self, training: Impressions, validation: Impressions, trials: int) -> FuxiCtr:
        both = joined(training, validation)
        self._learn_scales(both)
        found = []
        for settings in NETS[:trials]:
            model, epochs = self._train(training, validation, settings, EPOCHS)
            found.append((_log_loss(validation, self._predict(model, validation)), epochs, settings))
        _, epochs, settings = min(found, key=lambda one: one[0])
        self.model_, _ = self._train(both, None, settings, epochs)  # like ours: refitted on all rows but the test
        return self

    def predict_proba(self, rows: Impressions) -> np.ndarray:
        return self._predict(self.model_, rows)

    def _learn_scales(self, rows: Impressions) -> None:
        values = np.where(np.isfinite(rows.numbers), rows.numbers, np.nan)
        with np.errstate(invalid="ignore"):
            self.mean_ = np.nan_to_num(np.nanmean(values, axis=0))
            spread = np.nan_to_num(np.nanstd(values, axis=0))
        self.scale_ = np.where(spread > 1e-9, spread, 1.0)
        assert rows.sequences is not None
        self.ids_ = int(rows.sequences.values.max()) + 2

    def _train(
        self, rows: Impressions, validation: Impressions | None, settings: dict[str, Any], epochs: int
    ) -> tuple[Any, int]:
        """The model of the best epoch and how many epochs that took."""
        import torch

        torch.manual_seed(0)
        torch.set_num_threads(1)
        model = self._model(rows, settings)
        best, best_epoch, kept = np.inf, 0, None
        model._max_gradient_norm = 10.0
        model._eval_steps = 10**9
        model._total_steps, model._stop_training = 0, False
        for epoch in range(1, epochs + 1):
            model.train_epoch(_Batches(self._tensors(rows), shuffled_by=epoch))
            if validation is None:
                continue
            loss = _log_loss(validation, self._predict(model, validation))
            if loss < best:
                best, best_epoch = loss, epoch
                kept = {name: value.clone() for name, value in model.state_dict().items()}
            elif epoch - best_epoch >= PATIENCE:
                break
        if kept is not None:
            model.load_state_dict(kept)
        return model, best_epoch or epochs

    def _predict(self, model: Any, rows: Impressions) -> np.ndarray:
        return np.asarray(model.predict(_Batches(self._tensors(rows))), np.float64)

    def _model(self, rows: Impressions, settings: dict[str, Any]) -> Any:
        from fuxictr.features import FeatureMap
        from model_zoo.LongCTR.DCNv2.DCNv2 import DCNv2
        from model_zoo.LongCTR.DIN.DIN import DIN

        features = FeatureMap("impressions", tempfile.gettempdir())
        features.labels = ["clicked"]
        for one in rows.categories:
            features.features[one.name] = {"type": "categorical", "source": "user", "vocab_size": len(one.levels) + 1}
        for name in rows.number_names:
            features.features[name] = {"type": "numeric", "source": "user", "embedding_dim": 1, "emb_output_dim": 1}
        features.features["item"] = {
            "type": "categorical", "source": "item", "vocab_size": self.ids_, "padding_idx": 0,
            "embedding_dim": settings["embedding_dim"], "emb_output_dim": settings["embedding_dim"],
        }  # fmt: skip
        common = {
            "model_id": self.kind, "gpu": -1, "optimizer": "adam", "loss": "binary_crossentropy",
            "metrics": ["logloss"], "model_root": tempfile.gettempdir(), "verbose": 0, "batch_norm": True, **settings,
        }  # fmt: skip
        features.default_emb_dim = settings["embedding_dim"]
        if self.kind == "DIN":
            return DIN(features, dnn_hidden_units=[256, 128], attention_hidden_units=[64], **common)
        return DCNv2(
            features, model_structure="parallel", num_cross_layers=3, parallel_dnn_hidden_units=[256, 128], **common
        )

    def _tensors(self, rows: Impressions) -> dict[str, Any]:
        import torch

        assert rows.sequences is not None
        numbers = np.clip(np.nan_to_num((rows.numbers - self.mean_) / self.scale_), -FURTHEST, FURTHEST)
        batch = {one.name: torch.from_numpy(one.codes.astype(np.int64) + 1) for one in rows.categories}
        batch |= {
            name: torch.from_numpy(numbers[:, place].astype(np.float32)) for place, name in enumerate(rows.number_names)
        }
        events = np.minimum(rows.sequences.recent(EVENTS).astype(np.int64) + 1, self.ids_ - 1)
        batch["clicked"] = torch.from_numpy(rows.labels.astype(np.float32))
        return {"batch": batch, "events": torch.from_numpy(events)}


class _Batches:
    """Batches in the shape of FuxiCTR's loader: features, item ids in one flat column, mask of the history."""

    def __init__(self, tensors: dict[str, Any], shuffled_by: int | None = None) -> None:
        self.tensors, self.rows = tensors, len(tensors["events"])
        self.shuffled_by = shuffled_by

    def __len__(self) -> int:
        return len(range(0, self.rows, BATCH))

    def __iter__(self) -> Iterator[Any]:
        import torch

        order = torch.arange(self.rows)
        if self.shuffled_by is not None:
            order = torch.randperm(self.rows, generator=torch.Generator().manual_seed(self.shuffled_by))
        for start in range(0, self.rows, BATCH):
            rows = order[start : start + BATCH]
            events = self.tensors["events"][rows]
            batch = {name: values[rows] for name, values in self.tensors["batch"].items()}
            yield batch, {"item": events.flatten()}, (events[:, :-1] > 0).float()


def _log_loss(rows: Impressions, probability: np.ndarray) -> float:
    return score(rows.labels, np.asarray(probability, np.float64), base_rate=float(rows.labels.mean()))["log_loss"]
