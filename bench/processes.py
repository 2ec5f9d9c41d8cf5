"""What the kernel knows about processes: CPU time, memory, children."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Cpu:
    """CPU time in seconds of all threads of a process."""

    user: float
    system: float

    def since(self, earlier: Cpu) -> Cpu:
        return Cpu(self.user - earlier.user, self.system - earlier.system)

    @property
    def total(self) -> float:
        return self.user + self.system


@dataclass(frozen=True)
class Memory:
    """Memory in bytes; `pss` shares out the pages that several processes use."""

    rss: int
    pss: int

    def __add__(self, other: Memory) -> Memory:
        return Memory(self.rss + other.rss, self.pss + other.pss)


def stat_fields(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, which may hold anything: [0] is the state."""
    return (PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()


def cpu_of(pid: int) -> Cpu:
    fields = stat_fields(pid)
    return Cpu(int(fields[11]) / TICKS_PER_S, int(fields[12]) / TICKS_PER_S)


def memory_of(pid: int) -> Memory:
    sizes = {}
    for line in (PROC / str(pid) / "smaps_rollup").read_text().splitlines()[1:]:
        name, size = line.split()[:2]
        sizes[name] = int(size) * 1024
    return Memory(sizes["Rss:"], sizes["Pss:"])


def processes() -> list[int]:
    return [int(entry.name) for entry in PROC.iterdir() if entry.name.isdigit()]


def command_of(pid: int) -> list[str]:
    """The command line; empty for a process that has ended."""
    try:
        return (PROC / str(pid) / "cmdline").read_bytes().decode(errors="replace").split("\0")[:-1]
    except OSError:
        return []


def parents() -> dict[int, int]:
    found = {}
    for pid in processes():
        try:
            found[pid] = int(stat_fields(pid)[1])
        except OSError:
            continue
    return found


def below(root: int) -> list[int]:
    """The process's children, their children, and so on."""
    parent_of = parents()
    found = [root]
    for pid in found:
        found += [child for child, parent in parent_of.items() if parent == pid]
    return found[1:]


def shim_of(session_id: str) -> int:
    """The process that stands beside a session's driver."""
    for pid in processes():
        command = command_of(pid)
        if command and Path(command[0]).name == "glaux-shim" and session_id in " ".join(command):
            return pid
    raise RuntimeError(f"session {session_id} has no shim")
