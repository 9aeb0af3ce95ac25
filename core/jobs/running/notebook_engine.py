"""papermill's engine with a listener: each cell's start and end, and what it prints while it still runs."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from core.jobs.running.kernels import Kernel

Listener = Callable[[str, dict[str, Any]], None]
HEAD_CHARACTERS = 16_000  # told of one cell's printed output while it runs; the notebook keeps all of it
TAIL_CHARACTERS = 4000  # told at the cell's end of what came after those


class _Printed:
    """What one cell prints: its beginning is told as it comes, then that it was cut, at last its end."""

    def __init__(self, cell: int, listener: Listener) -> None:
        self.cell, self.listener = cell, listener
        self.told = 0
        self.left_out = 0
        self.tail = ""

    def add(self, text: str) -> None:
        head, rest = text[: HEAD_CHARACTERS - self.told], text[HEAD_CHARACTERS - self.told :]
        if head:
            self.told += len(head)
            self.listener("log", {"cell": self.cell, "text": head})
        if rest:
            if not self.left_out:
                limits = {"head": HEAD_CHARACTERS, "tail": TAIL_CHARACTERS}
                said = f"\n… cut after {HEAD_CHARACTERS:,} characters; the notebook keeps all of it\n"
                self.listener("log", {"cell": self.cell, "text": said, "cut": limits})
            self.left_out += len(rest)
            self.tail = (self.tail + rest)[-TAIL_CHARACTERS:]

    def end(self) -> None:
        if self.tail:
            self.listener("log", {"cell": self.cell, "text": self.tail, "left_out": self.left_out - len(self.tail)})


def register(listener: Listener, kernel: Kernel) -> str:
    """Register an engine that runs a notebook in `kernel` and tells `listener(kind, payload)`; its name for papermill.

    Kinds: cell (cell, of, code), log (cell, text), cell_end (cell, seconds, ok); `cell` is the position in the
    executed notebook, from 0. A log that says where output was cut has `cut`, the last of a cut one `left_out`.
    """
    from papermill.clientwrap import PapermillNotebookClient
    from papermill.engines import NBClientEngine, papermill_engines

    class ListeningClient(PapermillNotebookClient):
        printed: _Printed | None = None

        def process_message(self, msg: Any, cell: Any, cell_index: int) -> Any:
            if msg["msg_type"] == "stream" and self.printed is not None:
                self.printed.add(msg["content"]["text"])
            return super().process_message(msg, cell, cell_index)

    class ListeningEngine(NBClientEngine):
        @classmethod
        def execute_managed_notebook(cls, nb_man: Any, kernel_name: str, **arguments: Any) -> Any:
            start, complete = nb_man.cell_start, nb_man.cell_complete
            total, began = len(nb_man.nb.cells), 0.0
            client = ListeningClient(nb_man, km=kernel.manager, kernel_name=kernel_name, startup_timeout=60)
            client.kc = kernel.client
            client.owns_km = True  # it shuts the kernel down at the end, as it does with one of its own

            def cell_start(cell: Any, cell_index: int, **more: Any) -> Any:
                nonlocal began
                if cell.cell_type == "code":
                    first_line = cell.source.strip().splitlines()[:1]
                    listener("cell", {"cell": cell_index, "of": total, "code": "".join(first_line)[:120]})
                    client.printed = _Printed(cell_index, listener)
                began = time.perf_counter()
                return start(cell, cell_index, **more)

            def cell_complete(cell: Any, cell_index: int, **more: Any) -> Any:
                seconds = time.perf_counter() - began
                if cell.cell_type == "code" and client.printed is not None:
                    client.printed.end()
                    # A kernel that died leaves by an exception that papermill does not note in the cell.
                    is_ok = not cell.metadata.get("papermill", {}).get("exception") and sys.exc_info()[0] is None
                    listener("cell_end", {"cell": cell_index, "seconds": round(seconds, 3), "ok": is_ok})
                    client.printed = None
                return complete(cell, cell_index, **more)

            nb_man.cell_start, nb_man.cell_complete = cell_start, cell_complete
            return client.execute()

    papermill_engines.register("listening", ListeningEngine)
    return "listening"
