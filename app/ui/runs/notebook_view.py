"""The executed notebook in the page, cell by cell: code folded away, outputs open; a way to the cell that failed."""

from __future__ import annotations

import streamlit as st

from app.ui import downloads, formats, resources, state
from app.ui.runs import outputs
from app.ui.runs.live import LOOKS
from app.ui.texts import say, say_value
from core.jobs.job import Job
from core.jobs.runs.cells import failing_cell
from core.jobs.runs.executed_notebook import INJECTED, Cell, read_executed
from core.security.policy import Principal
from core.storage.exports import RUN_REPORT

JUMP = "jump-to-failing"
# Again for a while, because outputs above the cell are still growing; a visitor who scrolls has the last word.
SCROLL = """<script>{
  let turns = 16;
  for (const act of ['wheel', 'touchstart', 'keydown']) addEventListener(act, () => { turns = 0; }, { once: true });
  const turn = () => {
    const cell = document.querySelector('.st-key-failing-cell');
    if (cell && turns > 0) { cell.style.scrollMarginTop = '5rem'; cell.scrollIntoView({ block: 'start' }); }
    if (turns-- > 0) setTimeout(turn, 250);
  };
  turn();
}</script>"""


def ask_to_jump() -> None:
    """The next drawing goes to the cell that failed."""
    state.keep(JUMP, True)


def draw(job: Job, principal: Principal) -> None:
    """All cells as they were left."""
    executed = read_executed(job.id, principal=principal)
    if executed is None:
        st.caption(say("runs.no_report"))
        return
    failing = executed.failing if failing_cell(job) is None else failing_cell(job)
    with st.container(horizontal=True, key="notebook-actions"):
        _draw_downloads(job)
        if failing is not None and st.button(
            say("runs.jump_to", cell=failing), icon=":material/move_down:", key="jump-here"
        ):
            ask_to_jump()
        all_code = st.toggle(say("runs.show_code"), key="show-code")
    for cell in executed.cells:
        _draw_cell(cell, job.id, is_failing=cell.position == failing, is_code_open=all_code)
    if state.kept(JUMP):
        state.forget(JUMP)
        st.html(SCROLL, unsafe_allow_javascript=True)  # words of ours alone


def _draw_cell(cell: Cell, job_id: str, *, is_failing: bool, is_code_open: bool) -> None:
    if cell.kind == "markdown":
        outputs.draw_markdown(cell.source)
        return
    if not cell.source.strip() and not cell.outputs:
        return
    key = "failing-cell" if is_failing else f"cell-{cell.position}"
    with st.container(border=is_failing, key=key):
        word = say_value("cell_state", cell.ending)
        took = f" · {formats.duration(cell.seconds)}" if cell.seconds is not None else ""
        title = say("runs.injected") if INJECTED in cell.tags else say("runs.code")
        label = f"[{cell.position}] {title} · {LOOKS[cell.ending]} {word}{took}"
        folded = f"code-{is_code_open}-{cell.position}"  # another key, or the browser keeps what it had
        with st.expander(label, expanded=is_code_open or is_failing, type="compact", key=folded):
            st.code(cell.source, language="python", wrap_lines=True)
        for place, output in enumerate(cell.outputs):
            outputs.draw(output, key=f"{job_id[:8]}-{cell.position}-{place}")


def _draw_downloads(job: Job) -> None:
    html, notebook = (resources.run_file(job.id, name) for name in ("notebook.html", "notebook.ipynb"))
    name = f"{job.notebook}-{formats.short(job.id)}"
    if html is not None:
        downloads.offer(RUN_REPORT, say("runs.download_html"), html, f"{name}.html", "text/html", target=job.id)
    if notebook is not None:
        downloads.offer(
            RUN_REPORT, say("runs.download_notebook"), notebook, f"{name}.ipynb", "application/x-ipynb+json",
            target=job.id,
        )  # fmt: skip
