"""Descriptors 1 and 2: the session's log between blocks, the calculation's pipes during one."""

import ctypes
import io
import os
import sys
from typing import TextIO

from glaux_driver import log
from glaux_driver.descriptors import high_copy, moved_high


def _stream(fd: int, name: str) -> io.TextIOWrapper:
    raw = io.FileIO(fd, "w", closefd=False)
    stream = io.TextIOWrapper(
        io.BufferedWriter(raw), "utf-8", "backslashreplace", line_buffering=True
    )
    raw.name = name
    return stream


class Output:
    """Main thread only. Left-over threads print wherever 1 and 2 point at that moment."""

    def __init__(self) -> None:
        self._log_fd = high_copy(2)
        log.keep(self._log_fd)
        self._libc = ctypes.CDLL(None)
        self._streams = (_stream(1, "<stdout>"), _stream(2, "<stderr>"))
        null = os.open(os.devnull, os.O_RDONLY)
        self._null_fd = moved_high(null)
        os.dup2(self._null_fd, 0)
        self._stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        self._install()

    def attach(self, stdout: int, stderr: int) -> None:
        """Takes both descriptors over."""
        self._install()
        self._switch(stdout, stderr)
        for fd in {stdout, stderr}:
            os.close(fd)

    def detach(self) -> None:
        """Everything printed is in the pipes afterwards."""
        for stream in (sys.stdout, sys.stderr):
            _flush(stream)
        self._switch(self._log_fd, self._log_fd)
        self._install()

    def error(self, text: str) -> None:
        """To the block's standard error, whatever user code made of sys.stderr."""
        for stream in (sys.stdout, sys.stderr):
            _flush(stream)
        self._install()
        sys.stderr.write(text)

    def _switch(self, stdout: int, stderr: int) -> None:
        for stream in self._streams:
            _flush(stream)
        self._libc.fflush(None)
        os.dup2(stdout, 1)
        os.dup2(stderr, 2)
        os.dup2(self._null_fd, 0)

    def _install(self) -> None:
        """User code may have closed or replaced the streams."""
        out, err = self._streams
        if not _flush(out):
            out = _stream(1, "<stdout>")
        if not _flush(err):
            err = _stream(2, "<stderr>")
        self._streams = (out, err)
        if self._stdin.closed:
            self._stdin = os.fdopen(0, encoding="utf-8", closefd=False)
        sys.stdin = self._stdin
        sys.stdout = sys.__stdout__ = out  # type: ignore[misc]
        sys.stderr = sys.__stderr__ = err  # type: ignore[misc]


def _flush(stream: TextIO) -> bool:
    try:
        stream.flush()
    except (OSError, ValueError, AttributeError):
        return False
    return True
