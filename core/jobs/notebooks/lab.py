"""JupyterLab on the notebooks: how it is started, and what it says when a notebook is saved that cannot be run."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from core.jobs.notebooks.catalogue import BrokenNotebook, look_at
from core.messages import LANGUAGES
from core.settings.current import Settings, get_settings
from core.settings.paths import PROJECT

FILES = PROJECT / "deploy" / "jupyter"  # configuration, and the project's kernel


def command(settings: Settings, *, open_browser: bool = True) -> list[str]:
    """What starts JupyterLab, with a token of its own, on this machine alone."""
    return [
        *(sys.executable, "-m", "jupyterlab", f"--config={FILES / 'jupyter_server_config.py'}"),
        *(f"--ServerApp.port={settings.lab_port}", f"--ServerApp.root_dir={settings.notebooks_dir}"),
        *(() if open_browser else ("--no-browser",)),
        *(("--allow-root",) if os.geteuid() == 0 else ()),  # as everything else that root starts
    ]


def environment(settings: Settings) -> dict[str, str]:
    """What kernels started there inherit: the home folder, threads, and where the project's kernel lies."""
    return {
        "WORKBENCH_HOME": str(settings.home),
        "OMP_NUM_THREADS": str(settings.threads),
        "OPENBLAS_NUM_THREADS": str(settings.threads),
        "JUPYTER_PATH": str(FILES),
    }


def tell_refused(*, os_path: str, model: dict[str, Any], contents_manager: object) -> None:
    """After a save: say which notebook of the catalogue cannot be run as it is now, and why."""
    path = Path(os_path)
    if model.get("type") != "notebook" or path.parent != get_settings().notebooks_dir:
        return
    found = look_at(path)
    if isinstance(found, BrokenNotebook):
        for language in LANGUAGES:
            print(found.text(language), file=sys.stderr, flush=True)  # the terminal that JupyterLab runs in
