"""kill -9 of a server and of drivers: what was answered is not lost, and what is told is true."""

from __future__ import annotations

import hashlib
import os
import random
import signal
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from botocore.exceptions import BotoCoreError, ClientError
from processes import processes_of, program_of
from server import ENDED_CALCULATION, Server, Session, wait_for


@pytest.fixture
def server(new_server: Callable[..., Server]) -> Server:
    return new_server()


@pytest.fixture
def idle(server: Server) -> Iterator[Session]:
    session = Session(server)
    session.wait("IDLE")
    yield session
    session.end()


def reconnect(session: Session) -> None:
    session.athena = session.server.client("athena")
    session.s3 = session.server.client("s3")


def kill_server(server: Server) -> None:
    os.kill(server.pid, signal.SIGKILL)
    server.end()


def test_a_running_calculation_outlives_its_server(server: Server, idle: Session) -> None:
    idle.stdout("kept = 41")
    calculation = idle.start(
        "import time\n"
        "for i in range(4):\n    print(i, flush=True)\n    time.sleep(0.4)\n"
        "print(kept + 1)"
    )
    wait_for(lambda: idle.calculation(calculation)["Status"]["State"] == "RUNNING")
    endpoint = server.endpoint
    kill_server(server)
    server.start()
    assert server.endpoint == endpoint
    reconnect(idle)
    answer = idle.wait_calculation(calculation)
    assert answer["Status"]["State"] == "COMPLETED"
    assert idle.read(answer["Result"]["StdOutS3Uri"]) == "0\n1\n2\n3\n42\n"
    assert idle.status()["State"] == "IDLE"
    assert idle.stdout("print(kept)") == "41\n"


def test_a_calculation_that_ends_without_a_server_is_told_by_the_next(
    server: Server, idle: Session
) -> None:
    calculation = idle.start("import time\ntime.sleep(0.5)\nprint('alone')")
    wait_for(lambda: idle.calculation(calculation)["Status"]["State"] == "RUNNING")
    kill_server(server)
    time.sleep(1)
    server.start()
    reconnect(idle)
    answer = idle.wait_calculation(calculation)
    assert answer["Status"]["State"] == "COMPLETED"
    assert idle.read(answer["Result"]["StdOutS3Uri"]) == "alone\n"


def test_sessions_outlive_a_graceful_end(server: Server, idle: Session) -> None:
    assert server.end(signal.SIGTERM) == 0
    assert processes_of(idle.id)
    server.start()
    reconnect(idle)
    idle.wait("IDLE")
    assert idle.stdout("print('still here')") == "still here\n"
    assert server.end(signal.SIGINT) == 0
    assert not processes_of(idle.id)
    server.start()
    reconnect(idle)
    status = idle.status()
    assert status["State"] == "TERMINATED"
    assert "server was stopped" in status["StateChangeReason"]


def test_no_answered_request_is_lost(server: Server) -> None:
    """Clients create, tag and start while the server is killed; what they were told is there."""
    told: list[str] = []
    stop = threading.Event()

    def make(number: int) -> None:
        athena = server.client("athena")
        for count in range(1000):
            if stop.is_set():
                return
            name = f"group-{number}-{count}"
            try:
                athena.create_work_group(Name=name, Tags=[{"Key": "name", "Value": name}])
            except (BotoCoreError, ClientError):
                return
            told.append(name)

    threads = [threading.Thread(target=make, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    wait_for(lambda: len(told) > 50)
    kill_server(server)
    stop.set()
    for thread in threads:
        thread.join()
    server.start()
    athena = server.client("athena")
    for name in told:
        assert athena.get_work_group(WorkGroup=name)["WorkGroup"]["Name"] == name
        arn = f"arn:aws:athena:us-east-1:000000000000:workgroup/{name}"
        assert athena.list_tags_for_resource(ResourceARN=arn)["Tags"] == [
            {"Key": "name", "Value": name}
        ]


def test_an_answered_session_is_started_by_the_next_server(server: Server) -> None:
    session = Session(server)
    kill_server(server)
    server.start()
    reconnect(session)
    status = session.wait("IDLE", "FAILED")
    if status["State"] == "FAILED":
        assert status["StateChangeReason"]
    else:
        assert session.stdout("print(1)") == "1\n"
    session.end()


@pytest.mark.parametrize("moment", ["starting", "idle", "python", "spark", "ending"])
def test_a_killed_driver_leaves_the_truth(server: Server, moment: str) -> None:
    session = Session(server)
    calculation = ""
    if moment == "starting":
        wait_for(lambda: len(processes_of(session.id)) >= 1)
    else:
        session.wait("IDLE")
    if moment in ("python", "ending"):
        calculation = session.start("print('before', flush=True)\nimport time\ntime.sleep(60)")
    elif moment == "spark":
        calculation = session.start("spark.range(10**12).selectExpr('sum(id * 3 % 7)').collect()")
    if calculation:
        wait_for(lambda: session.calculation(calculation)["Status"]["State"] == "RUNNING")
        time.sleep(random.uniform(0, 0.5))
    if moment == "ending":
        session.athena.terminate_session(SessionId=session.id)
    try:
        os.kill(program_of(session.id, "python"), signal.SIGKILL)
    except (ValueError, ProcessLookupError, FileNotFoundError):
        assert moment == "ending"  # it had ended by itself
    status = session.wait("FAILED", "TERMINATED")
    if moment == "ending":
        assert status["State"] == "TERMINATED"
        assert status["StateChangeReason"] == "Session was terminated per request"
    else:
        assert status["State"] == "FAILED"
        assert "signal 9" in status["StateChangeReason"] or moment == "starting"
    assert "EndDateTime" in status
    assert "IdleSinceDateTime" not in status
    if calculation:
        answer = session.calculation(calculation)
        assert answer["Status"]["State"] == ("CANCELED" if moment == "ending" else "FAILED")
        if moment == "python":
            assert session.read(answer["Result"]["StdOutS3Uri"]) == "before\n"
            assert "signal 9" in session.read(answer["Result"]["StdErrorS3Uri"])
    wait_for(lambda: not processes_of(session.id))
    folders = [root / session.id for root in work_roots(server)]
    wait_for(lambda: not any(folder.exists() for folder in folders))
    assert not (server.data / "sessions" / session.id / "sock").exists()


def work_roots(server: Server) -> list[Path]:
    outside = hashlib.sha256(str(server.data).encode()).hexdigest()[:12]
    roots = [server.data / "work", Path(f"/var/tmp/glaux-{outside}")]
    return [root for root in roots if root.is_dir()]


def test_code_that_ends_the_process_fails_with_its_status(idle: Session) -> None:
    answer = idle.run("import os\nprint('last words', flush=True)\nos._exit(7)")
    assert answer["Status"]["State"] == "FAILED"
    assert "code 7" in answer["Status"]["StateChangeReason"]
    assert idle.read(answer["Result"]["StdOutS3Uri"]) == "last words\n"
    assert idle.wait("FAILED")["StateChangeReason"]


def test_a_session_that_uses_too_much_memory_is_ended_with_that_reason(
    new_server: Callable[..., Server],
) -> None:
    server = new_server("engine.memory=1GiB", "engine.heap=512MiB", name="memory")
    session = Session(server)
    session.wait("IDLE")
    answer = session.run(
        "hog = [bytearray(b'x' * 2**20) for _ in range(1500)]\nimport time\ntime.sleep(30)"
    )
    assert answer["Status"]["State"] == "FAILED"
    status = session.wait("FAILED")
    assert "memory" in status["StateChangeReason"].lower()
    assert answer["Status"]["State"] in ENDED_CALCULATION
