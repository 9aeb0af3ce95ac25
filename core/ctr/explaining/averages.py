"""What explanations of additive models are measured against, kept with the run: no row has to be read again for them.

Only means are kept, never cells of the rows that they were taken over.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from core.ctr.data.impressions import Impressions
from core.ctr.explaining.additive import is_additive
from core.ctr.explaining.local import LocalExplainer, make_explainer
from core.ctr.explaining.table import Feature


def averages_of(models: Mapping[str, Any], unseen: Impressions) -> bytes:
    """JSON of the base and the mean contributions of each model that is additive; the others are left out.

    unseen: labelled rows that the models were not trained on.
    """
    found = {}
    for name, model in models.items():
        if is_additive(model):
            explainer = make_explainer(model, unseen, unseen)  # an additive model needs no rows of training
            means = [[one.name, one.source, one.kind, mean] for one, mean in (explainer.centre or {}).items()]
            found[name] = {"base": explainer.base, "means": means}
    return json.dumps(found, ensure_ascii=False, allow_nan=False).encode()


def explainer_from(averages: Mapping[str, Any], model: Any, name: str) -> LocalExplainer | None:
    """The explainer of `make_explainer` for the model called `name`; None where the averages do not hold it."""
    if name not in averages:
        return None
    means = {Feature(*words): mean for *words, mean in averages[name]["means"]}
    return LocalExplainer(model, means, averages[name]["base"], None, None)
