"""The PDF report with its vector charts against the same pages with raster charts of matplotlib.

Text, tables and layout are the same code in both; only the charts differ. The report is the drawn example of the tests.
Run with `python -m benchmarks.ctr_pdf`.
"""

from __future__ import annotations

import io
import os
import statistics
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any
from unittest import mock

ROUNDS, WARM_UP = 9, 2
DPI = 150  # what still looks sharp when printed
GOAL = 1 / 8
Rows = Sequence[Mapping[str, Any]]


def main() -> None:
    """Build both in turn and write the section."""
    with tempfile.TemporaryDirectory(prefix="workbench-bench-") as home:
        os.environ.update(WORKBENCH_HOME=home, OMP_NUM_THREADS="1")
        rows = [measure(language) for language in ("en", "ko")]
    from benchmarks.report import write_section

    write_section("ctr_pdf", "PDF report", _table(rows))


def measure(language: str) -> dict[str, Any]:
    """Medians of both ways, built in turn in one process, and of the ratio within each round."""
    from pypdf import PdfReader

    from core.ctr.reporting.pdf import build_pdf
    from tests.ctr.reporting_example import make_report

    report = make_report()
    seconds: dict[str, list[float]] = {"vector": [], "raster": []}
    content: dict[str, bytes] = {}
    for _ in range(ROUNDS + WARM_UP):
        for way, taken in seconds.items():
            with raster_charts() if way == "raster" else mock.patch.dict({}):
                start = time.process_time()
                content[way] = build_pdf(report, language=language)
                taken.append(time.process_time() - start)
    vector, raster = (seconds[way][WARM_UP:] for way in ("vector", "raster"))
    return {
        "language": language,
        "pages": {way: len(PdfReader(io.BytesIO(one)).pages) for way, one in content.items()},
        "kB": {way: len(one) / 1000 for way, one in content.items()},
        "vector": statistics.median(vector),
        "raster": statistics.median(raster),
        "ratio": statistics.median(one / other for one, other in zip(vector, raster, strict=True)),
    }


@contextmanager
def raster_charts() -> Iterator[None]:
    """The same charts drawn by matplotlib and placed as PNG of the same size."""
    from core.ctr.reporting import pdf_charts
    from core.ctr.reporting.pdf_layout import Sheet

    drawn = {
        "reliability_chart": _reliability, "lift_chart": _lift, "gain_chart": _gain, "models_chart": _models,
        "importance_chart": _importance, "profit_chart": _profit, "epochs_chart": _epochs,
    }  # fmt: skip
    with mock.patch.multiple(pdf_charts, **drawn), mock.patch.object(Sheet, "chart", _place):
        yield


def _place(sheet: Any, draw: Callable[[Any], None], height: float, *beside: Callable[[Any], None]) -> None:
    from reportlab.platypus import Table

    from core.ctr.reporting.pdf_layout import WIDTH

    every = (draw, *beside)
    pictures = [_picture(one, WIDTH / len(every) - 8 * bool(beside), height) for one in every]
    sheet.story.append(pictures[0] if not beside else Table([pictures]))


def _picture(draw: Callable[[Any], None], width: float, height: float) -> Any:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure
    from reportlab.platypus import Image

    figure = Figure(figsize=(width / 72, height / 72), layout="tight")
    FigureCanvasAgg(figure)
    draw(figure.add_subplot())
    png = io.BytesIO()
    figure.savefig(png, format="png", dpi=DPI)
    png.seek(0)
    return Image(png, width, height)


def _reliability(bins: Rows, language: str) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        observed = [one["observed"] for one in bins]
        around = [
            [one["observed"] - one["observed_low"] for one in bins],
            [one["observed_high"] - one["observed"] for one in bins],
        ]
        axes.errorbar([one["predicted"] for one in bins], observed, around, marker="o")
        axes.plot([0, max(observed)], [0, max(observed)], ":")

    return draw


def _lift(tenths: Rows, language: str) -> Callable[[Any], None]:
    return lambda axes: axes.bar([one["decile"] for one in tenths], [one["lift"] for one in tenths])


def _gain(tenths: Rows, language: str) -> Callable[[Any], None]:
    return lambda axes: axes.plot([one["decile"] / 10 for one in tenths], [one["gain"] for one in tenths], marker="s")


def _models(models: Rows, language: str, score: str = "average_precision") -> Callable[[Any], None]:
    return _bars([(one["name"], one["evaluation"]["scores"][score]) for one in models])


def _importance(features: Rows, language: str, method: str = "forest") -> Callable[[Any], None]:
    return _bars([(one["name"], one[method]) for one in features])


def _bars(rows: Sequence[tuple[str, Mapping[str, float]]]) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        values = [one["value"] for _, one in rows]
        around = [[one["value"] - one["low"] for _, one in rows], [one["high"] - one["value"] for _, one in rows]]
        axes.barh([name for name, _ in rows], values, xerr=around)

    return draw


def _profit(economics: Mapping[str, Any], language: str) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        shown = [one["impressions"] for one in economics["curve"]]
        axes.plot(shown, [one["expected_profit"] for one in economics["curve"]])
        axes.plot(shown, [one["profit"] for one in economics["curve"]], "--")

    return draw


def _epochs(history: Rows, language: str) -> Callable[[Any], None]:
    def draw(axes: Any) -> None:
        for name in ("train_loss", "val_loss"):
            axes.plot([one["epoch"] for one in history], [one[name] for one in history], marker="o")

    return draw


def _table(rows: list[dict[str, Any]]) -> str:
    lines = [
        "| language | pages | vector charts [s] | raster charts [s] | ratio | vector [kB] | raster [kB] |",
        "| --- | --- | --- | --- | --- | --- | --- |",
    ]
    lines += [
        f"| {one['language']} | {one['pages']['vector']} | {one['vector']:.3f} | {one['raster']:.3f} "
        f"| {one['ratio']:.3f} | {one['kB']['vector']:.0f} | {one['kB']['raster']:.0f} |"
        for one in rows
    ]
    return "\n".join(
        [
            *lines, "",
            f"Processor seconds, medians of {ROUNDS} rounds in one process, libraries and fonts loaded; the ratio is "
            f"the median of the rounds' ratios (goal: at most {GOAL:.3f}). Both print the same words and tables with "
            f"the same fonts; the raster charts are PNG of {DPI} dpi without titles and legends.",
        ]
    )  # fmt: skip


if __name__ == "__main__":
    main()
