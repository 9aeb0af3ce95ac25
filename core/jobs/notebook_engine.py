"""papermill's engine with a listener: every started and finished cell, and what it printed, is told to the job."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Listener = Callable[[str, dict[str, Any]], None]
LOG_CHARACTERS = 4000  # kept of one cell's printed output


def register(listener: Listener) -> str:
    """Register an engine that calls `listener(kind, payload)` with kinds cell and log; its name for papermill."""

    from papermill.engines import NBClientEngine, papermill_engines

    class ListeningEngine(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **arguments: Any) -> Any:
            start, complete = nb_man.cell_start, nb_man.cell_complete
            total = len(nb_man.nb.cells)

            def cell_start(cell: Any, cell_index: int | None = None, **more: Any) -> Any:
                if cell.cell_type == "code":
                    first_line = cell.source.strip().splitlines()[:1]
                    listener("cell", {"cell": cell_index, "of": total, "code": "".join(first_line)[:120]})
                return start(cell, cell_index, **more)

            def cell_complete(cell: Any, cell_index: int | None = None, **more: Any) -> Any:
                printed = "".join(one.get("text", "") for one in cell.get("outputs", []))
                if printed.strip():
                    listener("log", {"cell": cell_index, "text": printed[-LOG_CHARACTERS:]})
                return complete(cell, cell_index, **more)

            nb_man.cell_start, nb_man.cell_complete = cell_start, cell_complete
            return super().execute_managed_notebook(nb_man, kernel_name, **arguments)

    papermill_engines.register("listening", ListeningEngine)
    return "listening"
