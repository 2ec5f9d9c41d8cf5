"""Memory of the server, of a shim and of a session's processes."""

from __future__ import annotations

from pathlib import Path

from bench.processes import Memory, below, command_of, memory_of, shim_of
from bench.report import mib, table
from bench.starts import Live

NONE = Memory(0, 0)


def session_memory(session: Live, when: str) -> list[tuple[str, Memory]]:
    """Rows of the session's shim and of what runs below it."""
    shim = shim_of(session.id)
    parts = {"Python": NONE, "JVM": NONE}
    for pid in below(shim):
        command = command_of(pid)
        if command:
            kind = "JVM" if Path(command[0]).name == "java" else "Python"
            parts[kind] += memory_of(pid)
    return [
        (f"glaux-shim, {when}", memory_of(shim)),
        (f"driver's Python, {when}", parts["Python"]),
        (f"driver's JVM, {when}", parts["JVM"]),
    ]


def memory_table(rows: list[tuple[str, Memory]]) -> str:
    return table(
        ["memory, MiB", "RSS", "PSS"],
        [[what, mib(memory.rss), mib(memory.pss)] for what, memory in rows],
    )
