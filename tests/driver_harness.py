"""The shim's end of the link, for tests: starts a driver, runs blocks, reads what they write."""

import contextlib
import json
import os
import signal
import socket
import struct
import subprocess
import tempfile
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

DRIVER = Path(__file__).resolve().parents[1] / "driver"
_ENGINE = os.environ.get("GLAUX_ENGINE", "")
PYTHON = os.environ.get("GLAUX_ENGINE_PYTHON", _ENGINE and f"{_ENGINE}/bin/python")
TIMEOUT_S = 60.0


@dataclass
class Outcome:
    state: str
    reason: str | None
    result_type: str
    stdout: str
    stderr: str
    result: dict[str, Any]
    progress: list[str] = field(default_factory=list)
    seconds: float = 0.0

    @property
    def outputs(self) -> list[dict[str, Any]]:
        outputs: list[dict[str, Any]] = self.result["outputs"]
        return outputs


class Pipe:
    """The reading end of one pipe, emptied by a thread."""

    def __init__(self) -> None:
        self._read, self.write = os.pipe()
        self.data = b""
        self.changed = threading.Condition()
        self._thread = threading.Thread(target=self._empty, daemon=True)
        self._thread.start()

    def _empty(self) -> None:
        while part := os.read(self._read, 65536):
            with self.changed:
                self.data += part
                self.changed.notify_all()
        os.close(self._read)

    def text(self, wait_s: float = 5.0) -> str:
        """All that was written; left-over children may keep the pipe open, then what is there."""
        self._thread.join(wait_s)
        return self.data.decode()

    def wait_for(self, words: bytes) -> None:
        with self.changed:
            found = self.changed.wait_for(lambda: words in self.data, TIMEOUT_S)
        assert found, f"{words!r} did not appear in {self.data!r}"


class Running:
    """A block on its way."""

    def __init__(self, driver: "Driver", block_id: str) -> None:
        self.driver = driver
        self.id = block_id
        self.begun = time.monotonic()
        self.pipes = [Pipe(), Pipe(), Pipe()]

    def wait(self, timeout_s: float = TIMEOUT_S, pipes_s: float = 5.0) -> Outcome:
        progress: list[str] = []
        while True:
            frame = self.driver.receive(timeout_s)
            if frame["t"] == "progress" and frame["id"] == self.id:
                progress.append(frame["text"])
            if frame["t"] == "done" and frame["id"] == self.id:
                break
        seconds = time.monotonic() - self.begun
        out, err, result = (pipe.text(pipes_s) for pipe in self.pipes)
        return Outcome(
            frame["state"],
            frame["reason"],
            frame["result_type"],
            out,
            err,
            json.loads(result),
            progress,
            seconds,
        )

    def cancel(self) -> None:
        self.driver.send({"t": "cancel", "id": self.id})

    def printed(self, words: str) -> None:
        """Waits until the block has printed this."""
        self.pipes[0].wait_for(words.encode())


class Driver:
    """A driver process with its link; `properties` are the session's Spark properties."""

    def __init__(self, engine: str = "python", **spec: Any) -> None:
        self.folder = tempfile.TemporaryDirectory(prefix="glaux-driver-")
        self.work = Path(self.folder.name) / "work"
        self.work.mkdir()
        self.log_path = Path(self.folder.name) / "log"
        spec_path = Path(self.folder.name) / "spec.json"
        spec_path.write_text(json.dumps(self.spec(engine, spec)))
        self.sock, theirs = socket.socketpair()
        self.sock.settimeout(TIMEOUT_S)
        self.count = 0
        self.early: deque[dict[str, Any]] = deque()
        self.begun = time.monotonic()
        self.process = self._spawn(theirs, spec_path)
        theirs.close()

    def spec(self, engine: str, more: dict[str, Any]) -> dict[str, Any]:
        return {
            "session_id": "0a1b2c3d-0000-4000-8000-000000000001",
            "workgroup": "spark",
            "engine_version": "PySpark engine version 3",
            "started_ms": 1_700_000_000_000,
            "work_dir": str(self.work),
            "engine": engine,
            "unknown_member": [1],
            **more,
        }

    def _spawn(self, link: socket.socket, spec_path: Path) -> subprocess.Popen[bytes]:
        def arrange() -> None:
            os.dup2(link.fileno(), 3, inheritable=True)

        environment = {"PATH": os.environ["PATH"], "GLAUX_DRIVER_SPEC": str(spec_path)}
        with open(self.log_path, "wb") as log:
            return subprocess.Popen(
                [PYTHON, "-I", "-X", "utf8", str(DRIVER)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd=self.work,
                env=environment,
                preexec_fn=arrange,  # noqa: PLW1509 - it calls dup2 alone
                pass_fds=(3,),
                start_new_session=True,
            )

    def send(self, frame: dict[str, Any], fds: list[int] | None = None) -> None:
        body = json.dumps(frame).encode()
        self.send_bytes(struct.pack(">I", len(body)) + body, fds)

    def send_bytes(self, data: bytes, fds: list[int] | None = None) -> None:
        socket.send_fds(self.sock, [data], fds or [])

    def receive(self, timeout_s: float = TIMEOUT_S) -> dict[str, Any]:
        self.sock.settimeout(timeout_s)
        (length,) = struct.unpack(">I", self._read(4))
        frame: dict[str, Any] = json.loads(self._read(length))
        return frame

    def _read(self, count: int) -> bytes:
        data = b""
        while len(data) < count:
            part = self.sock.recv(count - len(data))
            if not part:
                raise EOFError(f"the driver has gone; its log:\n{self.log()}")
            data += part
        return data

    def ready(self) -> dict[str, Any]:
        frame = self.receive()
        assert frame["t"] == "ready", f"{frame}; log:\n{self.log()}"
        self.ready_s = time.monotonic() - self.begun
        return frame

    def start(self, code: str, result_max: int = 1 << 20) -> Running:
        self.count += 1
        running = Running(self, f"calculation-{self.count}")
        fds = [pipe.write for pipe in running.pipes]
        self.send({"t": "run", "id": running.id, "code": code, "result_max": result_max}, fds)
        for fd in fds:
            os.close(fd)
        started = self.receive()
        assert started == {"t": "started", "id": running.id}
        return running

    def run(self, code: str, result_max: int = 1 << 20) -> Outcome:
        return self.start(code, result_max).wait()

    def log(self) -> str:
        return self.log_path.read_text(errors="replace")

    def close(self) -> int:
        """Asks the driver to end and waits; whatever is left of its process group is ended."""
        with contextlib.suppress(OSError):
            self.send({"t": "exit"})
        return self.end()

    def end(self) -> int:
        try:
            return self.process.wait(10)
        finally:
            self.sock.close()
            self.left_over = group_alive(self.process.pid)
            if self.left_over:
                os.killpg(self.process.pid, signal.SIGKILL)
                self.process.wait()
            self.folder.cleanup()


def group_alive(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except ProcessLookupError:
        return False
    return True
