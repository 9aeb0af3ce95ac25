"""What our own code adds to a page's rerun, against Streamlit's rerun of a script with one button.

Streamlit's own part of a page is the time inside its public commands, measured at the outermost call, and what it does
around any script; the rest (the core, the database, choosing texts) is our share.
Run with `python -m benchmarks.page_rerun`.
"""

from __future__ import annotations

import functools
import inspect
import logging
import os
import statistics
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parent.parent
ROUNDS, WARM_UP = 40, 5
EMPTY = "import streamlit as st\nst.button('press')\n"


class StreamlitTime:
    """Seconds spent in Streamlit's commands, outermost calls only."""

    def __init__(self) -> None:
        self.seconds, self.depth = 0.0, 0

    def timed(self, command: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(command)
        def measured(*args: Any, **kwargs: Any) -> Any:
            self.depth += 1
            start = time.perf_counter()
            try:
                return command(*args, **kwargs)
            finally:
                self.depth -= 1
                if self.depth == 0:
                    self.seconds += time.perf_counter() - start

        return measured

    def instrument(self) -> None:
        """Time every public command, both as `st.command` and as a method of a container."""
        import streamlit as st
        from streamlit.delta_generator import DeltaGenerator

        for place in (st, DeltaGenerator):
            for name in dir(place):
                command = getattr(place, name)
                is_public = not name.startswith("_") or name in ("__enter__", "__exit__")
                if is_public and name != "fragment" and inspect.isroutine(command):
                    setattr(place, name, self.timed(command))
        st.Page.__init__ = self.timed(st.Page.__init__)  # type: ignore[method-assign]


def main() -> None:
    """Measure every page in turn with the empty script between, and write the section."""
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as home:
        os.environ.update(WORKBENCH_HOME=home, OMP_NUM_THREADS="1", STREAMLIT_BROWSER_GATHER_USAGE_STATS="false")
        logging.disable(logging.WARNING)
        streamlit_time = StreamlitTime()
        streamlit_time.instrument()
        _fill_home()
        rows = _measure(streamlit_time)
    from benchmarks.report import write_section

    write_section("page_rerun", "Rerun of a page", _table(rows))


def _fill_home() -> None:
    """Published models of both rooms and stored datasets, so that no page is empty."""
    from core.customers import publishing, training
    from core.customers.samples import make_customers
    from core.customers.schema import CUSTOMER_SCHEMA
    from core.datasets.records import save_dataset
    from core.datasets.uploads import uploaded_from_frame
    from core.jobs.records import submit
    from core.security.policy import LOCAL_ANALYST
    from core.storage.migrations import migrate
    from tests.ctr_runs import make_finished_run

    migrate()
    make_finished_run()
    table = uploaded_from_frame(make_customers()[0])
    save_dataset(table, name="sample", room="customers", principal=LOCAL_ANALYST, schema=CUSTOMER_SCHEMA)
    job = submit("customers_train_clusters", {}, principal=LOCAL_ANALYST)
    data = training.load_customers("", principal=LOCAL_ANALYST)
    for one in training.train(data, mode="evidence", k_min=5, k_max=5, seed=0, resamples=3):
        publishing.store(one, run_id=job.id, principal=LOCAL_ANALYST, publish=True, reason="benchmark")


def _measure(streamlit_time: StreamlitTime) -> dict[str, tuple[float, float, float]]:
    """Page to medians in ms: the empty script's whole rerun, the page's Streamlit part, our share."""
    from streamlit.runtime.scriptrunner import script_runner
    from streamlit.testing.v1 import AppTest

    from app.ui.navigation import PAGES

    script: list[float] = []
    run_script = script_runner.exec_func_with_error_handling

    def measured(*args: Any, **kwargs: Any) -> Any:
        start = time.perf_counter()
        try:
            return run_script(*args, **kwargs)
        finally:
            script.append(time.perf_counter() - start)

    script_runner.exec_func_with_error_handling = measured
    _keep_bytecode()
    empty = AppTest.from_string(EMPTY).run()
    results = {}
    for page in PAGES:
        app = AppTest.from_file(str(PROJECT / "app" / "workbench.py"), default_timeout=60).run()
        if not page.default:
            app.switch_page(page.path).run()
        if app.exception:
            raise RuntimeError(app.exception[0].message)
        samples = []
        for _ in range(ROUNDS + WARM_UP):
            streamlit_time.seconds, start = 0.0, time.perf_counter()
            empty.run()
            whole = time.perf_counter() - start
            frame = script[-1] - streamlit_time.seconds  # what Streamlit does around any script
            streamlit_time.seconds = 0.0
            app.run()
            samples.append((whole, streamlit_time.seconds, script[-1] - streamlit_time.seconds - frame))
        medians = [statistics.median(column) * 1000 for column in zip(*samples[WARM_UP:], strict=True)]
        results[page.name] = (medians[0], medians[1], medians[2])
    return results


def _keep_bytecode() -> None:
    """A server compiles a page once; AppTest would on each run."""
    from streamlit.runtime.scriptrunner.script_cache import ScriptCache

    start_cache, bytecode = ScriptCache.__init__, {}

    def start_with_bytecode(self: Any) -> None:
        start_cache(self)
        self._cache = bytecode

    ScriptCache.__init__ = start_with_bytecode


def _table(rows: dict[str, tuple[float, float, float]]) -> str:
    lines = [
        f"Medians of {ROUNDS} reruns, each after one of a script with a single button; goal: our share at most "
        "one empty rerun. A sample model, a click training on 3,000 rows and a dataset of each room are stored.",
        "",
        "| page | empty rerun [ms] | Streamlit draws the page [ms] | our share [ms] | our share / empty rerun |",
        "| --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {page} | {empty:.2f} | {drawing:.2f} | {own:.2f} | {own / empty:.2f} |"
        for page, (empty, drawing, own) in rows.items()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    main()
