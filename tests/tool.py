"""A command-line client that is run to its end."""

from __future__ import annotations

import subprocess
from collections.abc import Sequence
from pathlib import Path


class Tool:
    def __init__(self, command: Sequence[str | Path], environment: dict[str, str]) -> None:
        self.command = command
        self.environment = environment

    def run(
        self, *words: str | Path, data: bytes | None = None
    ) -> subprocess.CompletedProcess[bytes]:
        return subprocess.run(
            [*self.command, *words],
            env=self.environment,
            input=data,
            stdin=None if data is not None else subprocess.DEVNULL,
            capture_output=True,
            timeout=120,
        )

    def out(self, *words: str | Path, data: bytes | None = None) -> bytes:
        done = self.run(*words, data=data)
        assert done.returncode == 0, done.stderr.decode()
        return done.stdout

    def lines(self, *words: str | Path) -> list[str]:
        return self.out(*words).decode().splitlines()
