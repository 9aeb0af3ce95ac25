"""Security checks that read the code: ruff's `S` rules (those of bandit), and a reason for every exception to them."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

from tests.conftest import PROJECT

PLACES = ("core", "app", "pages")
# asserts state what cannot be otherwise; processes are started from lists, never through a shell (S602, S604, S605).
LEFT_OUT = "S101,S603"
EXCEPTION = re.compile(r"#\s*noqa:[^#\n]*\bS\d+[^#\n]*")


def _checked(*paths: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "ruff", "check", "--isolated", "--no-cache", "--select", "S", "--ignore", LEFT_OUT]
    return subprocess.run([*command, *paths], cwd=PROJECT, capture_output=True, text=True, check=False)


def test_when_the_code_is_read_for_security_then_nothing_is_found() -> None:
    found = _checked(*PLACES)

    assert found.returncode == 0, found.stdout + found.stderr


def test_when_something_unsafe_is_written_then_the_check_finds_it(tmp_path: Path) -> None:
    careless = tmp_path / "careless.py"
    lines = (
        "import pickle, subprocess, ssl",
        "pickle.load(open('x', 'rb'))",
        "subprocess.run('ls', shell=True)",
        "eval(input())",
        "ssl._create_unverified_context()",
    )
    careless.write_text("\n".join(lines), "utf-8")

    found = _checked(str(careless))

    assert found.returncode == 1
    assert all(rule in found.stdout for rule in ("S301", "S602", "S307", "S323"))


def test_when_a_rule_is_left_out_at_a_line_then_the_line_says_why() -> None:
    unexplained = [
        f"{path.relative_to(PROJECT)}:{number}"
        for place in PLACES
        for path in sorted((PROJECT / place).rglob("*.py"))
        for number, line in enumerate(path.read_text("utf-8").splitlines(), 1)
        if (found := EXCEPTION.search(line)) and not re.search(r" - \w{3,}", found.group())
    ]

    assert unexplained == []
