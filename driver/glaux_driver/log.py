"""The session's log: what descriptors 1 and 2 were when the driver started."""

import contextlib
import os
import time

_fd = 2


def keep(fd: int) -> None:
    """Later lines go to `fd`, wherever descriptors 1 and 2 point by then."""
    global _fd
    _fd = fd


def write(text: str) -> None:
    """A log that cannot be written is no reason to stop a session."""
    with contextlib.suppress(OSError):
        os.write(_fd, text.encode("utf-8", "backslashreplace"))


def log(text: str) -> None:
    stamp = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime())
    write(f"{stamp} glaux_driver: {text}\n")
