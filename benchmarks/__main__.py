"""`python -m benchmarks` (make bench): every benchmark in a fresh process, one after the other."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

NOT_BENCHMARKS = {
    "__init__", "__main__", "report", "api_analysis_app", "api_guard_app", "http_load", "ctr_rivals", "ctr_report_run",
    "ctr_report_browser", "stopwatch", "image_uploads", "knowledge_questions", "knowledge_claims",
    "knowledge_home", "knowledge_filled", "office_documents", "jobs_home", "ctr_large_report",
    "ctr_large_stages", "memory_watch",
}  # fmt: skip

for path in sorted(Path(__file__).parent.glob("*.py")):
    if path.stem not in NOT_BENCHMARKS:
        print(f"== {path.stem}", flush=True)
        subprocess.run([sys.executable, "-m", f"benchmarks.{path.stem}"], check=True)
