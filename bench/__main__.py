"""Measures this machine and prints what it found; it asserts nothing."""

from __future__ import annotations

import argparse
import signal
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path

from bench import machine
from bench.calculations import measure_calculations
from bench.delivery import delivery_tables
from bench.first_uses import measure_first_uses
from bench.memory import memory_table, session_memory
from bench.objects import measure_objects
from bench.parquet import measure_parquet
from bench.processes import Memory, memory_of
from bench.reads import Effort, compare, measure_stored, reads_table
from bench.report import table
from bench.servers import new_server
from bench.starts import measure_starts, starts_table

RESULTS = Path(__file__).resolve().parent / "results"
FULL = Effort(requests=20000, seconds=2, rounds=3, starts=5, calculations=50)
QUICK = Effort(requests=10000, seconds=1, rounds=1, starts=1, calculations=5)
PARQUET_BYTES = {FULL: 1_000_000_000, QUICK: 20_000_000}
STORED = (1000, 100000)

MemoryRows = list[tuple[str, Memory]]
Tables = Callable[[Path, Effort], list[str]]


def progress(words: str) -> None:
    print(f"bench: {words}", file=sys.stderr, flush=True)


def measure_sessions(folder: Path, effort: Effort) -> tuple[list[str], list[list[str]], MemoryRows]:
    """Everything that needs a live session: tables, rows of GetSession, rows of memory."""
    server = new_server(folder)
    try:
        memory = [("glauxd, new and idle", memory_of(server.pid))]
        progress("starts of sessions, beside plain PySpark")
        times, session = measure_starts(server, folder, effort.starts)
        memory += session_memory(session, "after the first job")
        progress("calculations")
        calculations = measure_calculations(session, effort.calculations)
        memory += session_memory(session, "after the calculations")
        progress("GetSession of a live session")
        rows = compare(server, "1 live", [session.id], folder, effort)
        memory.append(("glauxd, after that and GetSession's load", memory_of(server.pid)))
        session.end()
        progress("first uses of the server's data")
        uses = measure_first_uses(server, effort.rounds)
        return [starts_table(times), uses, calculations], rows, memory
    finally:
        server.end()


def objects_tables(folder: Path, effort: Effort) -> list[str]:
    progress("GetObject and PutObject, beside versitygw and nginx")
    objects = measure_objects(folder / "objects", effort.rounds, effort.seconds)
    progress("results on their way to another S3, beside the AWS CLI")
    return [objects, *delivery_tables(folder / "delivery", effort.rounds)]


def parquet_tables(folder: Path, effort: Effort) -> list[str]:
    progress("Parquet written and read by Spark, beside versitygw and local files")
    return [measure_parquet(folder / "parquet", PARQUET_BYTES[effort], effort.rounds)]


def all_tables(folder: Path, effort: Effort) -> list[str]:
    rows, memory, starts = [], [], []
    for count in STORED:
        progress(f"GetSession with {count} stored sessions")
        stored = measure_stored(count, folder / str(count), effort)
        rows += stored.rows
        starts.append([f"{count} stored sessions", f"{stored.start_s * 1000:.0f}"])
        memory.append((f"glauxd, {count} stored sessions, idle", stored.idle))
        memory.append((f"glauxd, {count} stored sessions, after the load", stored.loaded))
    tables, live_rows, live_memory = measure_sessions(folder / "live", effort)
    return [
        reads_table(rows + live_rows),
        *tables,
        *objects_tables(folder, effort),
        *parquet_tables(folder, effort),
        memory_table(live_memory + memory),
        table(["glauxd: start to ready, ms", "once"], starts),
    ]


# What can be measured alone: the option, what it measures, and its tables.
ALONE: list[tuple[str, str, Tables]] = [
    ("--objects", "the S3 store", objects_tables),
    ("--parquet", "Spark's Parquet on it", parquet_tables),
]


def main() -> None:
    parser = argparse.ArgumentParser(prog="bench/run", description=__doc__)
    parser.add_argument("--save", action="store_true", help="write bench/results/DATE-MACHINE.md")
    parser.add_argument(
        "--quick", action="store_true", help="only see that it works: its figures mean little"
    )
    alone = parser.add_mutually_exclusive_group()
    for option, what, tables in ALONE:
        words = f"measure {what} alone"
        alone.add_argument(option, action="store_const", const=tables, dest="tables", help=words)
    parser.set_defaults(tables=all_tables)
    arguments = parser.parse_args()
    if arguments.save and arguments.quick:
        parser.error("figures of a quick run are not worth keeping")
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # servers are ended on the way out
    begin = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="glaux-bench-") as folder:
        Path(folder).chmod(0o711)  # drivers' users must come through
        effort = QUICK if arguments.quick else FULL
        described = machine.describe()
        text = "\n\n".join([described, *arguments.tables(Path(folder), effort)])
    print(text)
    progress(f"done in {time.monotonic() - begin:.0f} s")
    if arguments.save:
        RESULTS.mkdir(exist_ok=True)
        path = RESULTS / f"{date.today()}-{machine.name()}.md"
        path.write_text(f"# Glaux on {machine.name()}, {date.today()}\n\n{text}\n")
        progress(f"kept in {path}")


if __name__ == "__main__":
    main()
