"""GetSession under load, beside nginx that answers as many bytes."""

from __future__ import annotations

import signal
import statistics
import subprocess
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from server import BUILD, Server

from bench.load import Load, Nginx, answer_of, run_load
from bench.processes import Memory, memory_of
from bench.report import table
from bench.servers import new_server
from bench.signed import write_requests

CONNECTIONS = (16, 128)
HEAD = ["GetSession of", "conns", "server", "req/s least", "median", "most", "of nginx"]
HEAD += ["p50 us", "p99 us", "CPU us/req", "in user", "answer B"]


@dataclass(frozen=True)
class Effort:
    """How long everything is measured."""

    requests: int  # different ones
    seconds: int  # of a run of the load tool
    rounds: int  # such runs of each kind, both servers by turns
    starts: int  # of sessions
    calculations: int


@dataclass(frozen=True)
class Stored:
    """What a server with so many stored sessions showed."""

    rows: list[list[str]]
    start_s: float
    idle: Memory
    loaded: Memory


def row(what: str, connections: int, name: str, runs: Sequence[Load], ratio: float) -> list[str]:
    speeds = [run.per_second for run in runs]

    def middle(values: list[float], digits: int = 0) -> str:
        return f"{statistics.median(values):.{digits}f}"

    return [
        what,
        str(connections),
        name,
        f"{min(speeds):.0f}",
        middle(speeds),
        f"{max(speeds):.0f}",
        f"{ratio:.2f}",
        middle([run.p50_us for run in runs]),
        middle([run.p99_us for run in runs]),
        middle([run.cpu_us for run in runs], 1),
        middle([run.user_us for run in runs], 1),
        middle([run.answer_bytes for run in runs]),
    ]


def body_bytes(server: Server, session_id: str) -> int:
    """The size of the answer's body."""
    answer = server.client("athena").get_session(SessionId=session_id)
    return int(answer["ResponseMetadata"]["HTTPHeaders"]["content-length"])


def compare(
    server: Server, what: str, ids: Sequence[str], folder: Path, effort: Effort
) -> list[list[str]]:
    """Loads the server and nginx by turns with the same requests."""
    requests = folder / "requests"
    write_requests(server, ids, effort.requests, requests)
    nginx = Nginx(folder / "nginx", answer_of(body_bytes(server, ids[0])))
    targets = {"glauxd": (server.endpoint, server.pid), "nginx": (nginx.url, nginx.pid)}
    rows = []
    try:
        for target in targets.values():
            run_load(*target, requests, CONNECTIONS[0], 1)
        for connections in CONNECTIONS:
            runs: dict[str, list[Load]] = {name: [] for name in targets}
            for _ in range(effort.rounds):
                for name, target in targets.items():
                    runs[name].append(run_load(*target, requests, connections, effort.seconds))
            nginx_speed = statistics.median(run.per_second for run in runs["nginx"])
            for name, of_it in runs.items():
                ratio = statistics.median(run.per_second for run in of_it) / nginx_speed
                rows.append(row(what, connections, name, of_it, ratio))
    finally:
        nginx.end()
        requests.unlink()
    return rows


def fill(data: Path, count: int) -> list[str]:
    """Stores ended sessions while no server has the folder; their ids."""
    command = [str(BUILD / "bench" / "fill_store"), str(data), str(count)]
    return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout.split()


def measure_stored(count: int, folder: Path, effort: Effort) -> Stored:
    server = new_server(folder)
    try:
        server.end(signal.SIGTERM)
        ids = fill(server.data, count)
        begin = time.monotonic()
        server.start()
        start_s = time.monotonic() - begin
        idle = memory_of(server.pid)
        rows = compare(server, f"{count} stored", ids, folder, effort)
        return Stored(rows, start_s, idle, memory_of(server.pid))
    finally:
        server.end()


def reads_table(rows: list[list[str]]) -> str:
    return table(HEAD, rows)
