"""Keeps the driver's own descriptors out of the way of user code that closes small numbers."""

import fcntl
import os
import resource

WANTED = 900


def high_copy(fd: int) -> int:
    """A copy with a high number that no child process inherits."""
    soft, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    lowest = WANTED if soft < 0 else max(3, min(WANTED, soft - 64))
    return fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, lowest)


def moved_high(fd: int) -> int:
    """As `high_copy`; the original is closed."""
    copy = high_copy(fd)
    os.close(fd)
    return copy
