"""Starts of sessions, beside plain PySpark's; by turns, so that both see the same machine."""

from __future__ import annotations

import os
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from run_tests import component
from server import ENDED_CALCULATION, ENDED_SESSION, Server

from bench.report import spread, table

PLAIN = Path(__file__).with_name("plain_spark.py")
COUNT = "spark.range(100).count()"
POLL_S = 0.005


@dataclass
class Times:
    """Seconds, one of each start."""

    answer: list[float] = field(default_factory=list)
    idle: list[float] = field(default_factory=list)
    job: list[float] = field(default_factory=list)
    plain_process: list[float] = field(default_factory=list)
    plain_session: list[float] = field(default_factory=list)
    plain_job: list[float] = field(default_factory=list)


def master() -> str:
    """What engine.master is by default."""
    return f"local[{min(os.cpu_count() or 1, 4)}]"


@dataclass(frozen=True)
class Live:
    """A session, and a client that has its connection already."""

    athena: Any
    id: str

    def status(self) -> dict[str, Any]:
        return dict(self.athena.get_session_status(SessionId=self.id)["Status"])

    def wait(self, wanted: str) -> None:
        while True:
            status = self.status()
            if status["State"] == wanted:
                return
            if status["State"] in ENDED_SESSION:
                raise RuntimeError(f"the session ended: {status}")
            time.sleep(POLL_S)

    def end(self) -> None:
        self.athena.terminate_session(SessionId=self.id)
        self.wait("TERMINATED")


def run_code(session: Live, code: str, pause_s: float) -> float:
    """Seconds from the call that starts a calculation until its end is seen."""
    begin = time.monotonic()
    calculation = session.athena.start_calculation_execution(SessionId=session.id, CodeBlock=code)
    asked = {"CalculationExecutionId": calculation["CalculationExecutionId"]}
    while True:
        if pause_s:
            time.sleep(pause_s)
        status = session.athena.get_calculation_execution_status(**asked)["Status"]
        if status["State"] == "COMPLETED":
            return time.monotonic() - begin
        if status["State"] in ENDED_CALCULATION:
            raise RuntimeError(f"{code} ended so: {status}")


def start_session(server: Server, times: Times) -> Live:
    """A new session that is idle, after its first job."""
    athena = server.client("athena")
    athena.list_sessions(WorkGroup="spark")
    begin = time.monotonic()
    answer = athena.start_session(WorkGroup="spark", EngineConfiguration={"MaxConcurrentDpus": 4})
    times.answer.append(time.monotonic() - begin)
    session = Live(athena, answer["SessionId"])
    session.wait("IDLE")
    times.idle.append(time.monotonic() - begin)
    times.job.append(run_code(session, COUNT, POLL_S))
    return session


def start_plain(folder: Path, times: Times) -> None:
    """A process of its own from start to end."""
    command = [str(component("spark-3.5") / "bin" / "python"), str(PLAIN), master()]
    begin = time.monotonic()
    with (
        (folder / "plain.log").open("ab") as log,
        subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, cwd=folder
        ) as process,
    ):
        assert process.stdout
        session = process.stdout.readline()
        whole = time.monotonic() - begin
        job = process.stdout.readline()
    if process.returncode != 0:
        raise RuntimeError(f"plain PySpark failed: {(folder / 'plain.log').read_text()[-2000:]}")
    times.plain_process.append(whole)
    times.plain_session.append(float(session))
    times.plain_job.append(float(job))


def measure_starts(server: Server, folder: Path, count: int) -> tuple[Times, Live]:
    """Leaves the last session alive."""
    times = Times()
    for _ in range(count - 1):
        start_plain(folder, times)
        start_session(server, times).end()
    start_plain(folder, times)
    return times, start_session(server, times)


def starts_table(times: Times) -> str:
    def line(what: str, seconds: list[float]) -> list[str]:
        return [what, *spread([value * 1000 for value in seconds], 1)]

    return table(
        [f"{len(times.idle)} starts, {master()}, ms", "least", "median", "most"],
        [
            line("StartSession answered", times.answer),
            line("StartSession to IDLE seen, cold", times.idle),
            line(f"then the first {COUNT}", times.job),
            line("plain PySpark: process start to session", times.plain_process),
            line("plain PySpark: of it builder.getOrCreate()", times.plain_session),
            line(f"plain PySpark: then the first {COUNT}", times.plain_job),
        ],
    )
