"""What lies under /-/: health, readiness and metrics, the only answers without a signature."""

from __future__ import annotations

import http.client
import re
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import pytest
from json_wire import JsonWire
from server import Server, Session, wait_for

NAME = r"[a-zA-Z_:][a-zA-Z0-9_:]*"
LABEL = r'[a-zA-Z_][a-zA-Z0-9_]*="(?:[^"\\\n]|\\["\\n])*"'
VALUE = r"[-+]?(?:\d+(?:\.\d+)?(?:[eE][-+]?\d+)?|Inf|NaN)"
SAMPLE = re.compile(rf"({NAME})(?:\{{({LABEL}(?:,{LABEL})*)\}})? ({VALUE})")
Key = tuple[str, str]


def ask(server: Server, path: str, method: str = "GET") -> http.client.HTTPResponse:
    connection = http.client.HTTPConnection(urlsplit(server.endpoint).netloc, timeout=30)
    connection.request(method, path)
    return connection.getresponse()


def samples(server: Server) -> dict[Key, float]:
    """Metrics by name and labels; the text's form is checked on the way."""
    found: dict[Key, float] = {}
    types: dict[str, str] = {}
    helped: set[str] = set()
    text = server.get("/-/metrics")
    assert text.endswith("\n")
    for line in text.splitlines():
        if line.startswith("# HELP "):
            name = line.split(" ", 3)[2]
            assert name not in helped, f"{name} is there twice"
            helped.add(name)
        elif line.startswith("# TYPE "):
            _, _, name, kind = line.split(" ")
            assert kind in ("counter", "gauge", "histogram")
            types[name] = kind
        else:
            match = SAMPLE.fullmatch(line)
            assert match, line
            name, labels, value = match[1], match[2] or "", float(match[3])
            family = re.sub(r"_(bucket|sum|count)$", "", name)
            kind = types.get(name) or types[family]
            assert kind != "counter" or name.endswith("_total"), name
            assert value >= 0
            assert (name, labels) not in found
            found[name, labels] = value
    assert helped == set(types)
    return found


@pytest.mark.parametrize(
    ("path", "status", "body"),
    [("/-/healthz", 200, b"ok\n"), ("/-/readyz", 200, b"ready\n")],
)
def test_health(light: Server, path: str, status: int, body: bytes) -> None:
    answer = ask(light, path)
    assert (answer.status, answer.read()) == (status, body)
    assert answer.headers["Cache-Control"] == "no-store"
    assert answer.headers["Content-Type"] == "text/plain; charset=utf-8"
    head = ask(light, path, "HEAD")
    assert (head.status, head.read()) == (status, b"")
    assert head.headers["Content-Length"] == str(len(body))


@pytest.mark.parametrize("path", ["/-/", "/-/nothing", "/-/healthz/", "/-/metrics/x", "/-//"])
def test_nothing_else_is_there(light: Server, path: str) -> None:
    assert ask(light, path).status == 404


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
def test_nothing_is_changed_there(light: Server, method: str) -> None:
    assert ask(light, "/-/healthz", method).status == 405


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/", 403),
        ("GET", "/-", 403),
        ("GET", "/glaux-results", 403),
        ("GET", "/glaux-results/-/metrics", 403),
        ("PUT", "/new-bucket", 403),
        ("GET", "/healthz", 403),
        ("GET", "/x/../-/metrics", 403),
    ],
)
def test_unsigned_is_refused_elsewhere(light: Server, method: str, path: str, status: int) -> None:
    answer = ask(light, path, method)
    assert answer.status == status
    assert b"<Code>AccessDenied</Code>" in answer.read()


def test_unsigned_operations_are_refused(light: Server) -> None:
    wire = JsonWire(light)
    answer = wire.send({"Host": wire.host, "X-Amz-Target": "AmazonAthena.ListWorkGroups"}, b"{}")
    assert (answer.status, answer.error) == (400, "MissingAuthenticationTokenException")


def test_metrics_are_prometheus_text(light: Server) -> None:
    answer = ask(light, "/-/metrics")
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    found = samples(light)
    names = {name for name, _ in found}
    assert names >= {
        "glaux_requests_total",
        "glaux_request_duration_seconds_bucket",
        "glaux_sessions",
        "glaux_calculations_running",
        "glaux_pool_memory_reserved_bytes",
        "glaux_store_commits_total",
    }


def requests(found: dict[Key, float], operation: str, outcome: str) -> float:
    labels = f'service="athena",operation="{operation}",outcome="{outcome}"'
    return found.get(("glaux_requests_total", labels), 0)


def test_requests_are_counted_by_operation_and_outcome(light: Server) -> None:
    wire = JsonWire(light)
    before = samples(light)
    for _ in range(3):
        wire.call("ListEngineVersions")
    wire.call("ListEngineVersions", {"MaxResults": 100})
    after = samples(light)

    def more(outcome: str) -> float:
        return requests(after, "ListEngineVersions", outcome) - requests(
            before, "ListEngineVersions", outcome
        )

    assert (more("ok"), more("client_error"), more("server_error")) == (3, 1, 0)


def test_the_histogram_is_one(light: Server) -> None:
    wire = JsonWire(light)
    wire.call("ListWorkGroups")
    found = samples(light)
    labels = 'service="athena",operation="ListWorkGroups"'
    name = "glaux_request_duration_seconds"
    buckets = [
        (float(match[1].replace("+Inf", "inf")), value)
        for (family, own), value in found.items()
        if family == f"{name}_bucket" and (match := re.fullmatch(rf'{labels},le="(.+)"', own))
    ]
    assert buckets == sorted(buckets)
    assert [v for _, v in buckets] == sorted(v for _, v in buckets)
    assert buckets[-1] == (float("inf"), found[f"{name}_count", labels])
    outcomes = ("ok", "client_error", "server_error", "gone")
    counted = sum(requests(found, "ListWorkGroups", o) for o in outcomes)
    assert counted == found[f"{name}_count", labels]
    assert 0 < found[f"{name}_sum", labels] < 60


def test_unknown_operations_do_not_make_new_series(light: Server) -> None:
    wire = JsonWire(light)
    wire.call("Nothing0")
    before = len(samples(light))
    for i in range(5):
        wire.call(f"Nothing{i}")
    assert len(samples(light)) == before


def state(found: dict[Key, float], name: str) -> float:
    return found["glaux_sessions", f'state="{name}"']


@pytest.fixture
def started(light: Server) -> Iterator[str]:
    athena = light.client("athena")
    answer = athena.start_session(WorkGroup="spark", EngineConfiguration={})
    yield answer["SessionId"]
    athena.terminate_session(SessionId=answer["SessionId"])


def test_sessions_are_counted_by_state(light: Server, started: str) -> None:
    wait_for(lambda: state(samples(light), "CREATED") == 1)
    found = samples(light)
    assert found["glaux_pool_dpus", ""] == 1
    assert found["glaux_pool_memory_reserved_bytes", ""] == 512 << 20
    ended = found["glaux_sessions_ended_total", 'state="TERMINATED"']
    light.client("athena").terminate_session(SessionId=started)
    wait_for(
        lambda: samples(light)["glaux_sessions_ended_total", 'state="TERMINATED"'] == ended + 1
    )
    found = samples(light)
    assert state(found, "CREATED") == 0
    assert found["glaux_pool_dpus", ""] == 0
    assert found["glaux_pool_memory_reserved_bytes", ""] == 0


def test_commits_are_counted(light: Server, started: str) -> None:
    before = samples(light)["glaux_store_commits_total", ""]
    light.client("athena").update_work_group(WorkGroup="spark", Description="counted")
    assert samples(light)["glaux_store_commits_total", ""] > before


def ended_calculations(server: Server, name: str) -> float:
    return samples(server)["glaux_calculations_ended_total", f'state="{name}"']


def test_calculations_are_counted(session: Session) -> None:
    server = session.server
    before: dict[str, Any] = {s: ended_calculations(server, s) for s in ("COMPLETED", "FAILED")}
    session.run("1")
    session.run("1/0")
    assert ended_calculations(server, "COMPLETED") == before["COMPLETED"] + 1
    assert ended_calculations(server, "FAILED") == before["FAILED"] + 1
    calculation_id = session.start("import time; time.sleep(600)")
    assert samples(server)["glaux_calculations_running", ""] == 1
    session.athena.stop_calculation_execution(CalculationExecutionId=calculation_id)
    session.wait_calculation(calculation_id)
    assert samples(server)["glaux_calculations_running", ""] == 0
