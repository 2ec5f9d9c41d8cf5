"""Stopping the main thread's Python code, by a signal that cannot hit anything but that code.

The signal is a real-time one of our own, because user code and PySpark install handlers for
SIGINT; PySpark's asks the JVM over the very connection whose call is being interrupted.
"""

import os
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any, Protocol, TypeVar

SIGNAL = signal.SIGRTMIN + 6
INTERVAL_S = 0.1
JVM_GRACE_S = 1.0
PATIENCE_S = 2.0
HAIL_S = 0.0002
CHILD_SIGNALS = ((0.3, signal.SIGINT), (1.0, signal.SIGTERM), (2.5, signal.SIGKILL))

T = TypeVar("T")


class Stoppable(Protocol):
    """What is told to stop: a block of code."""

    started: float
    stop_asked: float | None
    ended: threading.Event


def guarded(function: Callable[..., T], *args: Any) -> T:
    """Only what runs inside this call can be interrupted."""
    return function(*args)


def _inside_guard(frame: FrameType | None) -> bool:
    """True when `guarded` is among the callers of `frame`, not when it is `frame` itself."""
    while frame is not None:
        frame = frame.f_back
        if frame is not None and frame.f_code is guarded.__code__:
            return True
    return False


def _strike_again(frame: FrameType | None) -> None:
    """Raises at the next line of the callers as well: that is in the `except` that swallows.

    Python looks for signals at the start of a loop's body only, inside the `try` as a rule.
    """
    sys.settrace(_raise_at_line)
    while frame is not None and frame.f_code is not guarded.__code__:
        frame.f_trace = _raise_at_line
        frame = frame.f_back


def _raise_at_line(frame: FrameType, event: str, _argument: Any) -> Any:
    if not _inside_guard(frame):
        sys.settrace(None)
        return None
    if event == "line":
        raise KeyboardInterrupt
    return _raise_at_line


class Interrupter:
    """Made in the main thread; `press` is called by any other."""

    def __init__(self, in_jvm_call: Callable[[], bool], spared: Callable[[], int | None]) -> None:
        self._in_jvm_call = in_jvm_call
        self._spared = spared
        self._main = threading.get_ident()
        self._block: Stoppable | None = None
        self._hailing = False
        signal.signal(SIGNAL, self._on_signal)
        signal.signal(signal.SIGINT, signal.default_int_handler)

    def watch(self, block: Stoppable | None) -> None:
        """Main thread: from now on a signal means this block."""
        self._block = block
        if block is None:
            sys.settrace(None)
            if self._hailing:
                signal.setitimer(signal.ITIMER_REAL, 0)
                self._hailing = False

    def _hail(self) -> None:
        """Strikes often from now on: one of the strikes lands in each `except` that swallows."""
        if not self._hailing:
            self._hailing = True
            signal.signal(signal.SIGALRM, self._on_signal)
            signal.setitimer(signal.ITIMER_REAL, HAIL_S, HAIL_S)

    def press(self, block: Stoppable) -> None:
        """Returns when the block has ended; code that swallows the interrupt gets it again."""
        children = list(CHILD_SIGNALS)
        begun = time.monotonic()
        while not block.ended.is_set():
            signal.pthread_kill(self._main, SIGNAL)
            if children and time.monotonic() - begun >= children[0][0]:
                signal_children(block.started, children.pop(0)[1], self._spared())
            block.ended.wait(INTERVAL_S)

    def _on_signal(self, _number: int, frame: FrameType | None) -> None:
        block = self._block
        if block is None or block.stop_asked is None or not _inside_guard(frame):
            return
        age = time.monotonic() - block.stop_asked
        if age < JVM_GRACE_S and self._in_jvm_call():
            return  # the call is being ended on the JVM's side and returns by itself
        if age > PATIENCE_S:
            self._hail()
            _strike_again(frame)
        raise KeyboardInterrupt


def _processes() -> dict[int, tuple[int, float]]:
    """pid -> (parent, seconds after boot at which it started)."""
    ticks = os.sysconf("SC_CLK_TCK")
    found = {}
    for name in os.listdir("/proc"):
        if name.isdigit():
            try:
                with open(f"/proc/{name}/stat", "rb") as file:
                    rest = file.read().rpartition(b")")[2].split()
                found[int(name)] = (int(rest[1]), int(rest[19]) / ticks)
            except (OSError, IndexError, ValueError):
                continue
    return found


def signal_children(since: float, number: int, spared: int | None) -> None:
    """Signals descendants started after `since` (CLOCK_BOOTTIME), except those of pid `spared`."""
    processes = _processes()
    family = {os.getpid()}
    grown = True
    while grown:
        children = {p for p, (parent, _) in processes.items() if parent in family and p != spared}
        grown = not children <= family
        family |= children
    for pid in family - {os.getpid()}:
        if processes[pid][1] >= since - 0.02:
            try:
                os.kill(pid, number)
            except OSError:
                continue
