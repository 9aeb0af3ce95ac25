"""Entry of the `jobs` process: lets pages and API come up first, then loads and runs the dispatcher."""

from __future__ import annotations

import os


def main() -> None:
    # Under the supervisor the first seconds belong to what a person waits for.
    if "WORKBENCH_SUPERVISOR" in os.environ:
        from core.settings import get_settings
        from core.telemetry.ports import wait_for_ports

        settings = get_settings()
        wait_for_ports((settings.ui_host, settings.ui_port), (settings.api_host, settings.api_port), seconds=20)
    from core.jobs import dispatcher

    dispatcher.main()


if __name__ == "__main__":
    main()
