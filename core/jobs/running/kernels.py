"""The kernel that a notebook runs in, started before its notebook is opened; ready once it answered.

It boots in a process of its own while this one imports papermill: on two processors that halves the wait.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from core.settings.paths import PROJECT

START_S = 60.0


@dataclass(frozen=True)
class Kernel:
    """A Jupyter kernel and our connection to it."""

    manager: Any
    client: Any


def start_kernel() -> Kernel:
    """A kernel that has answered. papermill is imported then."""
    from jupyter_client.manager import AsyncKernelManager
    from jupyter_core.utils import run_sync

    manager = AsyncKernelManager(kernel_name="python3")
    run_sync(manager.start_kernel)(extra_arguments=["--HistoryManager.hist_file=:memory:"], cwd=str(PROJECT))
    import papermill  # noqa: F401 - while the kernel boots

    client = manager.client()
    client.start_channels()
    run_sync(client.wait_for_ready)(timeout=START_S)
    client.allow_stdin = False
    return Kernel(manager, client)


def run_silently(kernel: Kernel, code: str) -> bool:
    """Run code that leaves no trace in the notebook; whether it went well, and within the time."""
    from queue import Empty

    from jupyter_core.utils import run_sync

    said = kernel.client.execute(code, silent=True, store_history=False)
    while True:
        try:
            reply = run_sync(kernel.client.get_shell_msg)(timeout=START_S)
        except Empty:
            return False
        if reply["parent_header"].get("msg_id") == said:
            return bool(reply["content"]["status"] == "ok")


def shut_down(kernel: Kernel) -> None:
    """End a kernel that was not used."""
    from jupyter_core.utils import run_sync

    run_sync(kernel.manager.shutdown_kernel)(now=True)
    kernel.client.stop_channels()
