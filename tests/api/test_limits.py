"""Limits of sessions, memory and time; each tells in its words what was reached."""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from json_wire import JsonWire, refused
from server import ENDED_SESSION, Server, Session, wait_for


def start(server: Server, **engine: Any) -> str:
    athena = server.client("athena")
    return str(athena.start_session(WorkGroup="spark", EngineConfiguration=engine)["SessionId"])


def status(server: Server, session_id: str) -> dict[str, Any]:
    answer = server.client("athena").get_session_status(SessionId=session_id)
    return dict(answer["Status"])


def end(server: Server, session_id: str) -> None:
    server.client("athena").terminate_session(SessionId=session_id)
    wait_for(lambda: status(server, session_id)["State"] == "TERMINATED")


# --- room for sessions; their drivers only wait ---


def test_dpus_of_a_session(new_light: Any) -> None:
    server = new_light("limits.session_dpus=4")
    start(server, MaxConcurrentDpus=4)
    with refused(r"MaxConcurrentDpus of 5 exceeds the limit of 4 DPUs per session"):
        start(server, MaxConcurrentDpus=5)
    assert start(server), "the default keeps within the limit"


def test_dpus_of_the_account_are_those_of_live_sessions(new_light: Any) -> None:
    server = new_light("limits.account_dpus=2")
    first, _ = start(server, MaxConcurrentDpus=60), start(server)
    for _ in range(2):
        with refused("Maximum allowed sessions reached", "TooManyRequestsException"):
            start(server)
    end(server, first)
    start(server)
    with refused("Maximum allowed sessions reached", "TooManyRequestsException"):
        start(server)


def test_live_sessions_are_counted_also_after_a_restart(new_light: Any) -> None:
    server = new_light("limits.account_dpus=1")
    session_id = start(server)
    wait_for(lambda: status(server, session_id)["State"] == "CREATED")
    server.restart()
    with refused("Maximum allowed sessions reached", "TooManyRequestsException"):
        start(server)
    end(server, session_id)
    assert start(server)


def test_a_burst_does_not_pass_the_limit(new_light: Any) -> None:
    """All of these are there before the first is in the store."""
    server = new_light("limits.account_dpus=3")
    wire = JsonWire(server)
    body = b'{"WorkGroup":"spark","EngineConfiguration":{}}'
    with wire.connect() as pipe:
        pipe.send(b"".join(wire.raw("StartSession", body) for _ in range(10)))
        answers = [pipe.answer() for _ in range(10)]
    assert sorted(a.status for a in answers) == [200] * 3 + [400] * 7
    assert {a.error for a in answers if a.status != 200} == {"TooManyRequestsException"}


def test_no_room_is_told_in_the_words_that_dbt_waits_on(new_light: Any) -> None:
    server = new_light("limits.memory=1100MiB")  # two sessions of 512 MiB
    first, _ = start(server), start(server)
    sentence = (
        r"^Failed to Provision session due to required capacity not being available: "
        r"1024 MiB of 1100 MiB are reserved by live sessions, and a session needs 512 MiB\. "
        r"Idle ones end by TerminateSession or at their idle timeout"
    )
    with refused(sentence):
        start(server)
    end(server, first)
    assert start(server)


# --- room, with Spark ---


def test_an_idle_session_of_dbts_makes_room_for_the_next(tmp_path: Path) -> None:
    """dbt starts sessions in each run and ends none: the next run does not wait for their end."""
    settings = {
        "limits.memory": "3GiB",
        "engine.memory": "2GiB",
        "session.expendable_after": "0",
    }
    server = Server(tmp_path / "data", settings).start()
    try:
        old = Session(server, Description="dbt: 5d6f - 99914b93")
        old.wait("IDLE")
        new = Session(server, Description="my notebook")
        new.wait("IDLE")
        wait_for(lambda: status(server, old.id)["State"] == "TERMINATED")
        assert "session.expendable" in status(server, old.id)["StateChangeReason"]
        with refused("Session is in the TERMINATED state; needs to be IDLE"):
            old.start("1")
        with refused("required capacity not being available"):
            start(server)
        assert new.stdout("print(1)") == "1\n"
    finally:
        server.end()


# --- time, with Spark ---

CANCEL_S = 12  # what can be interrupted is, also on a busy machine
SETTINGS = {
    "calculation.max_runtime": "3s",
    "calculation.cancel_timeout": f"{CANCEL_S}s",
    "calculation.max_stdout": "4KiB",
}


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    server = Server(tmp_path_factory.mktemp("limited") / "data", SETTINGS).start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def ready(limited: Server) -> Session:
    session = Session(limited)
    session.wait("IDLE")
    return session


def test_longest_calculation(ready: Session) -> None:
    """It is stopped and has failed, with the limit as its reason; the session goes on."""
    told = ready.run("print('begun', flush=True)\nwhile True: pass")
    ended = told["Status"]
    assert ended["State"] == "FAILED"
    assert "longest time of a calculation, 3 seconds" in ended["StateChangeReason"]
    lasted = (ended["CompletionDateTime"] - ended["SubmissionDateTime"]).total_seconds()
    assert 3 <= lasted < 3 + CANCEL_S
    assert ready.read(told["Result"]["StdOutS3Uri"]) == "begun\n"
    assert ready.status()["State"] == "IDLE"
    assert ready.stdout("print('alive')") == "alive\n"


def test_longest_output(ready: Session) -> None:
    out = ready.stdout("for i in range(2000): print(i)")
    assert out.startswith("0\n1\n2\n")
    assert 4096 <= len(out) < 4400
    assert "cut here" in out.splitlines()[-1]


def test_code_that_cannot_be_interrupted_costs_the_session(limited: Server, ready: Session) -> None:
    """It holds the interpreter's lock, so that nothing of Python runs any more."""
    calculation_id = ready.start("import ctypes; ctypes.PyDLL(None).sleep(600)")
    wait_for(lambda: ready.calculation(calculation_id)["Status"]["State"] == "RUNNING")
    begin = time.monotonic()
    ready.athena.stop_calculation_execution(CalculationExecutionId=calculation_id)
    told = ready.wait_calculation(calculation_id)
    assert CANCEL_S - 0.5 < time.monotonic() - begin < CANCEL_S + 30
    assert told["Status"]["State"] == "CANCELED"
    wait_for(lambda: status(limited, ready.id)["State"] in ENDED_SESSION)
    ended = status(limited, ready.id)
    assert ended["State"] == "FAILED"
    assert f"could not be interrupted within {CANCEL_S} seconds" in ended["StateChangeReason"]


def test_more_memory_than_its_own_ends_the_session(new_server: Any) -> None:
    server = new_server("engine.memory=1GiB", "engine.heap=512MiB")
    session = Session(server)
    session.wait("IDLE")
    code = "kept = []\nwhile True: kept.append(bytearray(b'x' * (32 << 20)))"
    told = session.run(code)
    wait_for(lambda: status(server, session.id)["State"] in ENDED_SESSION)
    ended = status(server, session.id)
    assert (told["Status"]["State"], ended["State"]) == ("FAILED", "FAILED")
    assert "memory" in ended["StateChangeReason"].lower()
    assert "memory" in told["Status"]["StateChangeReason"].lower()


# --- idleness; the clock is moved in the store, while the server is away ---


def age(server: Server, session_id: str, seconds: int) -> None:
    """Make the session's idleness older."""
    database = sqlite3.connect(server.data / "glaux.db")
    with database:
        changed = database.execute(
            "UPDATE sessions SET idle_since_ms = idle_since_ms - ? WHERE id = ?",
            (seconds * 1000, session_id),
        )
        assert changed.rowcount == 1
    database.close()


def test_idle_timeout(new_server: Any) -> None:
    """It goes on while the server is away, and a calculation begins it anew."""
    server = new_server("session.orphan_timeout=60s")
    session = Session(server, SessionIdleTimeoutInMinutes=1)
    session.wait("IDLE")
    server.end(15)
    age(server, session.id, 50)
    server.start()
    wait_for(lambda: status(server, session.id)["State"] == "IDLE")
    session.athena = server.client("athena")
    session.run("1")
    idle_since = status(server, session.id)["IdleSinceDateTime"]
    server.end(15)
    age(server, session.id, 61)
    server.start()
    wait_for(lambda: status(server, session.id)["State"] == "TERMINATED")
    ended = status(server, session.id)
    assert "idle timeout" in ended["StateChangeReason"]
    assert "1 minute" in ended["StateChangeReason"]
    assert "per request" not in ended["StateChangeReason"]
    assert "IdleSinceDateTime" not in ended
    assert ended["EndDateTime"] > idle_since


def test_work_is_not_idleness(new_server: Any) -> None:
    """A session whose code runs is not ended by its idle timeout, however long ago it was idle."""
    server = new_server("session.orphan_timeout=60s")
    session = Session(server, SessionIdleTimeoutInMinutes=1)
    session.wait("IDLE")
    calculation_id = session.start("import time; time.sleep(600)")
    wait_for(lambda: session.calculation(calculation_id)["Status"]["State"] == "RUNNING")
    server.end(15)
    age(server, session.id, 300)
    server.start()
    session.athena = server.client("athena")
    session.athena.stop_calculation_execution(CalculationExecutionId=calculation_id)
    assert session.wait_calculation(calculation_id)["Status"]["State"] == "CANCELED"
    assert session.status()["State"] == "IDLE"
