"""The glauxd that is measured: its defaults, on a free port, in a folder of its own."""

from __future__ import annotations

import os
from pathlib import Path

from server import Server

USERS = 16


def new_server(folder: Path) -> Server:
    """Makes the folder, and in it all that the server and its drivers have.

    Drivers get users that no other server's have: all processes of such a user end together.
    """
    folder.mkdir(mode=0o755)
    first = 40000 + os.getpid() % 1000 * USERS
    settings = {
        "isolation.uid_first": str(first),
        "isolation.uid_count": str(USERS),
        "isolation.work_root": str(folder / "work"),
    }
    return Server(folder / "data", settings).start()
