"""A server that dies at a change of its files that the test names; see crash_points.c."""

from __future__ import annotations

import mmap
import random
import struct
from collections.abc import Callable
from pathlib import Path

from server import BUILD, Server, wait_for

POINTS_MAX = 500


class CrashPoints:
    """Of one server, which has to be started anew to have them."""

    def __init__(self, server: Server, folder: Path) -> None:
        self.server = server
        path = folder / "crash-point"
        path.write_bytes(bytes(mmap.PAGESIZE))
        with path.open("r+b") as file:
            self.memory = mmap.mmap(file.fileno(), mmap.PAGESIZE)
        server.variables = {
            "LD_PRELOAD": str(BUILD / "tests" / "faults" / "crash_points.so"),
            "CRASH_POINT": str(path),
        }
        server.restart()

    def arm(self, number: int) -> None:
        """Die at the change of that number from now on; 0: at none."""
        self.memory[:4] = struct.pack("=i", number)

    def is_dead(self) -> bool:
        assert self.server.process
        return self.server.process.poll() is not None

    def die_within(self, most: int, chance: random.Random) -> None:
        """At one of the next changes, which others are making."""
        self.arm(chance.randint(1, most))
        wait_for(self.is_dead)

    def explore(
        self,
        prepare: Callable[[], None],
        change: Callable[[], bool],
        check: Callable[[bool], None],
    ) -> int:
        """Do the same again and again, so that the server dies at its first change of files, its
        second, and so on, until it does not. `change` says whether it was answered, and returns
        once the server is dead or at rest. Returns how often it died."""
        for number in range(1, POINTS_MAX):
            prepare()
            self.arm(number)
            answered = change()
            died = self.is_dead()
            self.arm(0)
            if died:
                self.server.end()
                self.server.start()
            check(answered)
            if not died:
                return number - 1
        raise AssertionError("the changes do not come to an end")
