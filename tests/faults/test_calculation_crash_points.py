"""A server that dies at every single change of its files between the start of a calculation and its
end: the code runs once, its end and its output are told."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from pathlib import Path

from botocore.exceptions import BotoCoreError, HTTPClientError
from crash_points import CrashPoints
from server import ENDED_CALCULATION, Server, Session, wait_for


def test_a_calculation_ends_once_whatever_crash(
    new_server: Callable[..., Server], tmp_path: Path
) -> None:
    points = CrashPoints(new_server(), tmp_path)
    session = Session(points.server)
    session.wait("IDLE")
    session.stdout("runs = 0")
    runs = 0
    token = ""
    code = "runs += 1\nprint(runs)\nrange(9)"

    def start() -> str:
        return session.start(code, ClientRequestToken=token)

    def prepare() -> None:
        nonlocal token, runs
        token = str(uuid.uuid4())
        runs += 1
        session.wait("IDLE")

    def change() -> bool:
        try:
            calculation = start()
            wait_for(
                lambda: session.calculation(calculation)["Status"]["State"] in ENDED_CALCULATION
            )
        except (BotoCoreError, HTTPClientError):
            wait_for(points.is_dead)
            return False
        return True

    def check(_: bool) -> None:
        session.wait("IDLE")  # it is over, or its start was never told
        answer = session.wait_calculation(start())
        assert answer["Status"]["State"] == "COMPLETED"
        assert session.read(answer["Result"]["StdOutS3Uri"]) == f"{runs}\n"
        assert session.read(answer["Result"]["StdErrorS3Uri"]) == ""
        assert "range(0, 9)" in session.read(answer["Result"]["ResultS3Uri"])
        assert session.status()["State"] == "IDLE"

    assert points.explore(prepare, change, check) > 10
