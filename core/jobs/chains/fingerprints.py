"""The fingerprint of a chain's step: two steps with the same one would compute the same.

SHA-256 over

- the code: the notebook's code cells, every module of `core` that they import, directly or through others (imports
  within functions too), the data files beside those modules, the locked requirements and the version of Python;
- the parameters with their defaults, references replaced by the fingerprints of the steps they refer to;
- the fingerprints of all steps it needs: a notebook may read more of them than a parameter names;
- the settings that choose encoders, the words of a report, and how much of a table is read;
- the data, as the notebook's metadata tells it: `"workbench": {"reads": {"dataset_id": "dataset", "run_id": "run"}}`.

| kind | what stands for the data |
| --- | --- |
| `dataset` | the SHA-256 of the stored table and its accepted findings; empty: the sample, which is code |
| `run` | a reference: the fingerprint of that step. An id: the run and the SHA-256 of what it left; empty: the sample |

A step has no fingerprint, and so is never reused, where its notebook tells no `reads` (a picture domain, documents, the
published model: what they hold changes without a name), where a parameter says "latest", where what it names is not
there, and where one of the parameters that `"never_reused_when"` names is set: publishing is done, not remembered.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Mapping
from typing import Any

from core.errors import WorkbenchError
from core.jobs.chains.references import Reference
from core.jobs.notebooks import catalogue
from core.jobs.notebooks.code_checksums import checksum_of_notebook, checksum_of_requirements
from core.jobs.records import get_job
from core.security.policy import Principal
from core.settings.current import get_settings

LATEST = "latest"  # what it means changes with the next run
SETTINGS = ("brand_name", "image_model", "table_memory_mb", "text_model")
SAMPLE = "sample"


def fingerprint_of(
    notebook: str,
    parameters: Mapping[str, Any],
    *,
    references: Mapping[str, Reference],
    needed: Mapping[str, str | None],
    principal: Principal,
) -> str | None:
    """The fingerprint of a step that may begin; None where it has none.

    parameters: filled in. references: those of them that were references. needed: step -> its fingerprint.
    """
    try:
        parts = _parts(notebook, parameters, references, needed, principal)
    except (WorkbenchError, OSError, SyntaxError, ValueError):
        return None  # the step itself will say what is wrong
    return None if parts is None else _sha256(parts)


def _parts(
    notebook: str,
    parameters: Mapping[str, Any],
    references: Mapping[str, Reference],
    needed: Mapping[str, str | None],
    principal: Principal,
) -> dict[str, Any] | None:
    description = catalogue.describe(notebook)
    told = json.loads(description.path.read_text("utf-8"))["metadata"].get("workbench", {})
    reads = told.get("reads")
    if reads is None or None in needed.values():
        return None
    values = catalogue.validate(description, parameters)
    if any(values[name] for name in told.get("never_reused_when", ())):
        return None
    data = {name: _data(kind, values[name], principal) for name, kind in reads.items() if name not in references}
    if None in data.values():
        return None
    return {
        "notebook": notebook,
        "code": checksum_of_notebook(description.path),
        "requirements": checksum_of_requirements(),
        "python": platform.python_version(),
        "settings": {name: getattr(get_settings(), name) for name in SETTINGS},
        "parameters": {
            name: f"{needed[references[name].step]}.{references[name].what}" if name in references else value
            for name, value in values.items()
        },
        "needed": dict(needed),
        "data": data,
    }


def _data(kind: str, value: Any, principal: Principal) -> str | None:
    """What stands for the data behind one parameter; None where nothing can."""
    if kind not in ("dataset", "run") or value == LATEST:
        return None
    if value == "":
        return SAMPLE
    return _dataset(value, principal) if kind == "dataset" else _run(value, principal)


def _dataset(dataset_id: str, principal: Principal) -> str:
    from core.datasets.records import get_dataset

    dataset = get_dataset(dataset_id, principal=principal)
    return _sha256([dataset.sha256, sorted([one.code, one.column or "", one.reason] for one in dataset.accepted)])


def _run(run_id: str, principal: Principal) -> str | None:
    job = get_job(run_id, principal=principal)
    return _sha256([job.id, job.result]) if job.state == "succeeded" else None


def _sha256(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True, ensure_ascii=False).encode()).hexdigest()
