"""The thread that listens to the shim, and what it shares with the main thread."""

import contextlib
import os
import queue
import signal
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glaux_driver.descriptors import moved_high
from glaux_driver.engine import Engine
from glaux_driver.jvm import Launch
from glaux_driver.link import Link, LinkError
from glaux_driver.log import log

if TYPE_CHECKING:
    from glaux_driver.interrupt import Interrupter

EXIT_LIMIT_S = 2.5
RESULT_MAX_BYTES = 10 * 1024 * 1024


@dataclass
class Block:
    """A calculation's code with the pipes for its output."""

    id: str
    code: str
    result_max: int
    stdout: int
    stderr: int
    result: int
    started: float = 0.0
    stop_asked: float | None = None
    ended: threading.Event = field(default_factory=threading.Event)
    speaking: threading.Lock = field(default_factory=threading.Lock)
    helpers: list[threading.Thread] = field(default_factory=list)


@dataclass(frozen=True)
class End:
    """The last item of work: why the session ends, and the process's exit code."""

    why: str
    code: int


def _block(frame: dict[str, Any], fds: list[int]) -> Block:
    if not isinstance(frame.get("id"), str) or not isinstance(frame.get("code"), str):
        raise LinkError("run without id or code")
    if len(fds) != 3:
        raise LinkError(f"run with {len(fds)} descriptors")
    limit = frame.get("result_max", RESULT_MAX_BYTES)
    if not isinstance(limit, int) or limit < 0:
        raise LinkError("run with a bad result_max")
    stdout, stderr, result = map(moved_high, fds)
    return Block(frame["id"], frame["code"], limit, stdout, stderr, result)


class Control:
    """The thread that reads the link. It shares with the main thread the queue and the blocks."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._blocks: dict[str, Block] = {}
        self.work: queue.SimpleQueue[Block | End] = queue.SimpleQueue()
        self.engine: Engine | None = None
        self.interrupter: Interrupter | None = None
        self.launch: Launch | None = None

    def start(self) -> None:
        threading.Thread(target=self._listen, name="glaux-link", daemon=True).start()

    def end(self, why: str, code: int) -> None:
        """Any thread: stops the running block and ends the session; forces it after a while."""
        self.work.put(End(why, code))
        self.force_later(code)
        for block in self._running():
            self._stop(block)

    def force_later(self, code: int) -> None:
        """Ends the process when the good order has not done it in time."""
        threading.Thread(target=self._force, args=(code,), daemon=True).start()

    def finish(self, block: Block) -> bool:
        """Main thread: the block has ended; True when a stop came first."""
        with self._lock, block.speaking:
            self._blocks.pop(block.id, None)
            block.ended.set()
            return block.stop_asked is not None

    def _running(self) -> list[Block]:
        with self._lock:
            return list(self._blocks.values())

    def _listen(self) -> None:
        try:
            while (received := self._link.receive()) is not None:
                frame, fds = received
                if frame["t"] == "exit":
                    return self.end("exit", 0)
                self._take(frame, fds)
            self.end("the shim has gone", 0)
        except (LinkError, OSError) as error:
            log(f"the link to the shim is broken: {error}")
            self.end("broken link", 1)

    def _take(self, frame: dict[str, Any], fds: list[int]) -> None:
        if frame["t"] == "run":
            block = _block(frame, fds)
            with self._lock:
                self._blocks[block.id] = block
            self.work.put(block)
            return
        for fd in fds:
            os.close(fd)
        if frame["t"] == "cancel":
            with self._lock:
                found = self._blocks.get(str(frame.get("id")))
            if found is not None:
                self._stop(found)

    def _stop(self, block: Block) -> None:
        with self._lock:
            if block.stop_asked is not None or block.ended.is_set():
                return
            block.stop_asked = time.monotonic()
            if self.engine is not None and self.interrupter is not None:
                block.helpers = [
                    threading.Thread(target=self.interrupter.press, args=(block,), daemon=True),
                    threading.Thread(
                        target=self.engine.stop_work, args=(block.ended,), daemon=True
                    ),
                ]
            for helper in block.helpers:
                helper.start()

    def _force(self, code: int) -> None:
        """Runs beside the good order, in case user code or the JVM do not let it happen."""
        time.sleep(EXIT_LIMIT_S)
        log("ending by force: the session did not end in time")
        pid = self.engine.pid() if self.engine else self.launch and self.launch.process.pid
        if pid:
            with contextlib.suppress(OSError):
                os.kill(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
        os._exit(code)
