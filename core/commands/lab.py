"""`workbench lab`: JupyterLab on the notebooks."""

from __future__ import annotations

import os


def open_lab(*, open_browser: bool) -> None:
    """Become JupyterLab. Raises Conflict where its port is taken."""
    from core.errors import Conflict
    from core.jobs.notebooks.lab import command, environment
    from core.settings.current import get_settings
    from core.storage import migrations
    from core.telemetry.ports import answers

    settings = get_settings()
    if answers(("127.0.0.1", settings.lab_port)):
        raise Conflict("workbench.port_taken", port=settings.lab_port, setting="WORKBENCH_LAB_PORT")
    if not migrations.is_current_sqlite(settings.resolved_database_url):
        migrations.migrate()  # a notebook that is run there gets a record
    started = command(settings, open_browser=open_browser)
    os.execve(started[0], started, {**os.environ, **environment(settings)})  # noqa: S606 - our own command
