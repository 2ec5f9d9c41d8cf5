"""A server that dies at every single change of its files from StartSession to the driver's start: a
session that was answered, or is there, is started by the next server."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from botocore.exceptions import BotoCoreError, HTTPClientError
from crash_points import CrashPoints
from server import ENDED_SESSION, Server, Session, wait_for


def state_of(athena: Any, session_id: str) -> str:
    return str(athena.get_session_status(SessionId=session_id)["Status"]["State"])


def starts(athena: Any, session_id: str) -> None:
    """And is ended, so that the next one has room."""
    wait_for(lambda: state_of(athena, session_id) != "CREATING")
    status = athena.get_session_status(SessionId=session_id)["Status"]
    assert status["State"] in ("CREATED", "IDLE"), status
    athena.terminate_session(SessionId=session_id)
    wait_for(lambda: state_of(athena, session_id) in ENDED_SESSION)


def test_a_session_starts_whatever_crash(new_server: Callable[..., Server], tmp_path: Path) -> None:
    points = CrashPoints(new_server(), tmp_path)
    told: set[str] = set()

    def change() -> bool:
        try:
            session = Session(points.server)
            told.add(session.id)
            wait_for(lambda: session.status()["State"] != "CREATING")
        except (BotoCoreError, HTTPClientError):
            wait_for(points.is_dead)
        return bool(told)

    def check(_: bool) -> None:
        athena = points.server.client("athena")
        there = athena.list_sessions(WorkGroup="spark")["Sessions"]
        for session_id in told | {session["SessionId"] for session in there}:
            starts(athena, session_id)
        told.clear()

    assert points.explore(told.clear, change, check) > 10
