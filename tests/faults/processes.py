"""The processes of a session, found by what they carry in their environment."""

from __future__ import annotations

import os
from pathlib import Path


def processes_of(session_id: str) -> list[int]:
    """Driver, Java, their children."""
    found = []
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            environment = (entry / "environ").read_bytes()
        except OSError:
            continue
        if f"GLAUX_SESSION_ID={session_id}".encode() in environment.split(b"\0"):
            found.append(int(entry.name))
    return found


def program_of(session_id: str, name: str) -> int:
    """The session's first process that runs this program: python, java."""
    return min(p for p in processes_of(session_id) if name in os.readlink(f"/proc/{p}/exe"))
