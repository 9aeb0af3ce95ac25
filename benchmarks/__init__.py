"""One file per speed claim; each writes its own section of docs/benchmarks.md."""
