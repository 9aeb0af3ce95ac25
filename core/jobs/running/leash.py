"""`python -m core.jobs.running.leash CLAIM`: ends a claim's processes once whoever holds its standard input is gone.

A runner outlives the cluster's worker that started it, and then nobody could reach it. The worker holds the other end
of a pipe, which the operating system closes however the worker dies.
"""

from __future__ import annotations

import os
import subprocess
import sys

from core.jobs import process_groups


class Leash:
    """Held by the process that watches a runner; let go once the runner has ended."""

    def __init__(self, claim: str) -> None:
        # Without the claim in its own environment: it must not find itself.
        environment = {name: value for name, value in os.environ.items() if name != process_groups.JOB_CLAIM}
        program = [sys.executable, "-m", "core.jobs.running.leash", claim]
        self.process = subprocess.Popen(program, stdin=subprocess.PIPE, env=environment, start_new_session=True)

    def let_go(self) -> None:
        """End what is left of the claim; returns when nothing is."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()


def main(claim: str) -> None:
    """Wait for the end of the input, then leave nothing of the claim."""
    while sys.stdin.buffer.read(1):
        pass
    process_groups.stop(claim)


if __name__ == "__main__":
    main(sys.argv[1])
