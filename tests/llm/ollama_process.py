"""The Ollama test server as a process of its own on one port, to be killed, frozen and started again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import httpx

from core.resilience import breakers, ollama_server
from tests.conftest import PROJECT
from tests.llm.stand_in import wait_until
from tests.workers import free_port


@dataclass
class OllamaProcess:
    """pause_s: of its models before each word."""

    port: int
    pause_s: float = 0.05
    running: list[subprocess.Popen[bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def start(self) -> None:
        """Returns once it answers."""
        command = [sys.executable, "-m", "tests.llm.ollama_server", str(self.port), "--pause", str(self.pause_s)]
        self.running.append(subprocess.Popen(command, cwd=PROJECT))
        wait_until(self._answers)

    def kill(self) -> None:
        """At once, without a word to anybody it was talking to."""
        process = self.running.pop()
        process.kill()
        process.wait()

    def freeze(self) -> None:
        """Connections are taken by the system and nobody ever answers them."""
        os.kill(self.running[-1].pid, signal.SIGSTOP)

    def _answers(self) -> bool:
        try:
            return httpx.get(f"{self.url}/api/version").is_success
        except httpx.TransportError:
            return False


@contextmanager
def ollama_process() -> Iterator[OllamaProcess]:
    """A server that is not running yet; what is left of it ends with the block. Nothing is remembered of others."""
    server = OllamaProcess(free_port())
    _forget()
    try:
        yield server
    finally:
        while server.running:
            server.kill()
        _forget()


def _forget() -> None:
    breakers._breakers.clear()
    ollama_server.client.cache_clear()
