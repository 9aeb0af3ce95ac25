"""The steps of Dockerfile, carried out in an empty folder where there is no container engine.

The folders that the image makes lie below `root` instead of `/`. What needs apt or the image's own list of users is
left out, with the reason.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import PROJECT
from tests.project.image_file import Instruction, Stage, fill, is_left_out

OWN = re.compile(r"(?<![\w./-])(/opt/workbench|/var/lib/workbench|/workbench)(?=[/\s:\"']|$)")
NOT_HERE = {
    "apt-get": "packages of the image's own Debian",
    "groupadd": "a user of the image; the steps after USER run under its number where they may",
}
INSTALLS = "python -m pip install -r requirements.txt"


@dataclass
class Building:
    """root: stands for `/`. borrows: take the packages of the running environment instead of installing them."""

    root: Path
    borrows: bool
    environment: dict[str, str] = field(default_factory=dict)
    folder: Path = Path()
    user: int | None = None
    left_out: dict[str, str] = field(default_factory=dict)  # step -> why
    variables: dict[str, str] = field(default_factory=dict)

    def carry_out(self, stages: list[Stage], **arguments: str) -> None:
        """Every instruction in order. arguments: as `--build-arg` gives them."""
        programs = self.root / "usr" / "bin"
        programs.mkdir(parents=True)
        (programs / "python").symlink_to(Path(sys._base_executable).resolve())  # type: ignore[attr-defined]
        for stage in stages:
            passed = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
            path = f"{programs}:{os.environ.get('PATH', '') if not self.borrows else '/usr/bin:/bin'}"
            self.environment = {**passed, "PATH": path, "HOME": str(self.root), "LANG": "C.UTF-8"}
            self.variables = {}
            for one in stage.instructions:
                self._step(one, arguments)

    def here(self, text: str) -> str:
        """The image's own folders in a text, as they lie here."""
        return OWN.sub(lambda match: f"{self.root}{match[0]}", text)

    def _step(self, one: Instruction, arguments: dict[str, str]) -> None:
        known = {**self.variables, **self.environment}
        if one.word == "ARG":
            name, _, default = one.rest.partition("=")
            self.variables[name] = arguments.get(name, default)
        elif one.word == "ENV":
            for name, value in re.findall(r'(\w+)=("[^"]*"|\S+)', one.rest):
                self.environment[name] = self.here(fill(value.strip('"'), known))
        elif one.word == "WORKDIR":
            self.folder = Path(self.here(one.rest))
            self.folder.mkdir(parents=True, exist_ok=True)
        elif one.word == "COPY":
            self._copy(one.rest.split())
        elif one.word == "RUN":
            self._run(one.rest)
        elif one.word == "USER":
            self._become(int(one.rest.partition(":")[0]))

    def _copy(self, words: list[str]) -> None:
        if words[0].startswith("--from="):
            source, target = (self.here(one) for one in words[1:])
            assert source == target, "both stages must lie at one place: an installed project knows where it is"
            assert Path(source).is_dir()
            return
        *names, target = words
        for name in names:
            to = self.folder / target / name if target == "./" else self.folder / target
            if (PROJECT / name).is_dir():
                shutil.copytree(PROJECT / name, to, ignore=_left_out)
            else:
                shutil.copyfile(PROJECT / name, to)

    def _run(self, command: str) -> None:
        first = command.split(maxsplit=1)[0]
        if first in NOT_HERE:
            self.left_out[first] = NOT_HERE[first]
            if first == "groupadd":
                self._make_home(command)
            return
        if self.borrows and command.startswith(INSTALLS):
            self.left_out[INSTALLS] = "the packages of this environment stand in; make soak installs them"
            (packages,) = self.root.glob("opt/workbench/lib/python3*/site-packages")
            (packages / "borrowed.pth").write_text(f"{sysconfig.get_path('purelib')}\n", "utf-8")
            return
        if self.borrows:
            command = command.replace("python -m venv ", "python -m venv --without-pip ")  # it is among the borrowed
        done = self.run(["sh", "-c", self.here(command)], **self.variables)
        assert done.returncode == 0, f"RUN {command}\n{done.stdout[-3000:]}"

    def _become(self, user: int) -> None:
        """Further commands run as that user, where we may choose and it may enter the folder of our Python."""
        if os.geteuid() != 0:
            self.left_out["USER"] = "only root becomes somebody else; we are an ordinary user already"
            return
        self.user = user
        try:
            self.run(["python", "-c", ""])
        except PermissionError:
            self.user = None
            self.left_out["USER"] = "our Python lies in a folder that is closed to other users"

    def _make_home(self, command: str) -> None:
        made = re.search(r"install --directory --owner=(\d+) --group=(\d+) (\S+)", command)
        assert made is not None
        home = Path(self.here(made[3]))
        home.mkdir(parents=True)
        if os.geteuid() == 0:
            os.chown(home, int(made[1]), int(made[2]))

    def run(self, command: list[str], **more: str) -> subprocess.CompletedProcess[str]:
        """A command as the image would run it at this point, to its end."""
        return subprocess.run(
            command, cwd=self.folder, env={**self.environment, **more}, user=self.user, group=self.user, text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=False,
            extra_groups=[] if self.user else None,
        )  # fmt: skip

    def start(self, command: list[str], log: Path, **more: str) -> subprocess.Popen[bytes]:
        """A command as the image would run it at this point, beside us."""
        with log.open("wb") as written:
            return subprocess.Popen(
                command, cwd=self.folder, env={**self.environment, **more}, user=self.user, group=self.user,
                stdout=written, stderr=written, extra_groups=[] if self.user else None,
            )  # fmt: skip


def _left_out(folder: str, names: list[str]) -> set[str]:
    place = Path(folder).relative_to(PROJECT)
    return {name for name in names if is_left_out(str(place / name))}
