"""What a training of click models tells while it runs: its batch, curves per epoch, and its last lines."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import streamlit as st

from app.ui import formats, state
from app.ui.run_charts import CONFIG, laid_out, title_of
from app.ui.texts import say
from core.ctr.reporting import report_charts
from core.ctr.runs import NOTEBOOK
from core.jobs.job import Job, JobEvent
from core.jobs.records import events
from core.security.policy import Principal

LOG_LINES = 40
CHART_HEIGHT = 310  # [px]


@dataclass
class Story:
    """What a training has told so far: figures of finished epochs, the batch it is at, and its last lines."""

    last: int = 0  # id of the newest event taken in
    epochs: list[dict[str, Any]] = field(default_factory=list)
    batch: dict[str, Any] | None = None
    lines: list[str] = field(default_factory=list)

    def take(self, new: Sequence[JobEvent]) -> None:
        """Add events, oldest first."""
        for event in new:
            self.last = event.id
            if event.kind == "log":
                self.lines = [*self.lines, f"{formats.clock(event.at)} {event.payload.get('text', '').rstrip()}"]
                self.lines = self.lines[-LOG_LINES:]
            elif event.kind == "progress" and "val_loss" in event.payload:
                self.epochs = [one for one in self.epochs if one["epoch"] != event.payload["epoch"]]
                self.epochs.append(event.payload)
                self.batch = None
            elif event.kind == "progress" and "batch" in event.payload:
                self.batch = event.payload


def story_of(job: Job, principal: Principal) -> Story:
    """The story up to now; only what is new since the last look of this visit is read."""
    story: Story = state.kept(f"story:{job.id}") or Story()
    story.take(events(job.id, principal=principal, after=story.last))
    state.keep(f"story:{job.id}", story)
    return story


def draw_story(job: Job, principal: Principal) -> None:
    """What a running training tells beneath its progress; nothing for other jobs of the room."""
    if job.notebook != NOTEBOOK or job.state != "running":
        return
    story = story_of(job, principal)
    if story.batch is not None:
        at = story.batch
        st.progress(
            min(1.0, at["batch"] / max(at["batches"], 1)),
            text=say(
                "ctr.batch",
                epoch=at["epoch"],
                epochs=at["epochs"],
                batch=f"{at['batch']:,}",
                batches=f"{at['batches']:,}",
                loss=f"{at['train_loss']:.4f}",
            ),
        )
    if story.epochs:
        draw_curves(story.epochs, f"live-{job.id}")
    if story.lines:
        with st.expander(say("ctr.log"), icon=":material/terminal:"):
            st.code("\n".join(story.lines), language=None, height=160)


def draw_curves(history: Sequence[dict[str, Any]], key: str) -> None:
    """Losses, and quality on the validation rows, per epoch; side by side where there is room."""
    left, right = st.columns(2)
    for place, build, name in (
        (left, report_charts.epochs_figure, "loss"),
        (right, report_charts.quality_figure, "quality"),
    ):
        figure = laid_out(build(history, state.language()).update_layout(height=CHART_HEIGHT))
        place.plotly_chart(figure, config=CONFIG, key=f"{key}-{name}", alt=title_of(figure))
