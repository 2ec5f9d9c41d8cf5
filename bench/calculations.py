"""Round trips of calculations in a session that is idle, and the client's own share of them."""

from __future__ import annotations

import time

from bench.report import spread, table
from bench.starts import COUNT, POLL_S, Live, run_code


def get_session_s(session: Live) -> float:
    begin = time.monotonic()
    session.athena.get_session(SessionId=session.id)
    return time.monotonic() - begin


def measure_calculations(session: Live, count: int) -> str:
    """The first one of a kind is not counted."""
    run_code(session, "1+1", 0)
    rows = []
    for code in ("1+1", COUNT):
        for how, pause_s in (("polled every 5 ms", POLL_S), ("polled without pause", 0.0)):
            times = [run_code(session, code, pause_s) * 1000 for _ in range(count)]
            rows.append([f"{code}, {how}", *spread(times)])
    times = [get_session_s(session) * 1000 for _ in range(count)]
    rows.append(["for comparison: one get_session of boto3", *spread(times, 2)])
    head = f"start to COMPLETED seen, {count} times, ms"
    return table([head, "least", "median", "most"], rows)
