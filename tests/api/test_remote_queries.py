"""Results of SQL statements whose location is in a bucket of another S3."""

from __future__ import annotations

import signal
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from far import BUCKET, delivered_all, remote_settings, waiting
from faulty_network import FaultyNetwork
from server import Server, wait_for
from test_queries import Json, Statements
from versitygw import VersityGw

pytestmark = pytest.mark.usefixtures("healed")

LOCATION = {"ResultConfiguration": {"OutputLocation": f"s3://{BUCKET}/sql/"}}


@pytest.fixture(scope="module")
def server(
    far: VersityGw, network: FaultyNetwork, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    settings = remote_settings(far, network.endpoint)
    one = Server(tmp_path_factory.mktemp("near") / "data", settings).start()
    yield one
    one.end()


@pytest.fixture
def sql(server: Server) -> Statements:
    return Statements(server)


def key_of(query: Json) -> str:
    location = str(query["ResultConfiguration"]["OutputLocation"])
    assert location == f"s3://{BUCKET}/sql/{query['QueryExecutionId']}.txt"
    return location.removeprefix(f"s3://{BUCKET}/")


def far_text(far: VersityGw, query: Json) -> str:
    answer: Any = far.client().get_object(Bucket=BUCKET, Key=key_of(query))
    assert answer["ContentType"] == "text/plain"
    return str(answer["Body"].read().decode())


def test_results_are_there_before_the_end_is_shown(sql: Statements, far: VersityGw) -> None:
    query = sql.run("show databases", **LOCATION)
    assert "default" in far_text(far, query).splitlines()
    assert "StateChangeReason" not in query["Status"]
    assert sql.text(query) == far_text(far, query)
    rows = sql.results(query)["ResultSet"]["Rows"]
    assert {"Data": [{"VarCharValue": "default"}]} in rows
    assert far_text(far, sql.run("create schema if not exists far", **LOCATION)) == ""


def test_results_wait_while_the_bucket_is_away(
    sql: Statements, server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    network.cut()
    query = sql.run("show databases", **LOCATION)
    reason = query["Status"]["StateChangeReason"]
    assert reason.startswith(f"The output waits on this server for s3://{BUCKET}: ")
    assert waiting(server) == 1
    assert "default" in sql.text(query).splitlines()
    assert sql.results(query)["ResultSet"]["Rows"]
    server.restart(signal.SIGKILL)
    sql = Statements(server)
    assert "StateChangeReason" in sql.get(query["QueryExecutionId"])["Status"]
    network.heal()
    delivered_all(server)
    assert "StateChangeReason" not in sql.get(query["QueryExecutionId"])["Status"]
    assert "default" in far_text(far, query).splitlines()


def test_kill_9_before_the_end_is_shown(
    sql: Statements, server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    sql.run("show databases")  # the session is warm
    network.cut()
    network.fault = "stall"
    query_id = sql.start("show databases", **LOCATION)
    before = network.connections
    wait_for(lambda: network.connections > before)
    server.restart(signal.SIGKILL)
    network.cut()
    network.heal()
    query = Statements(server).wait(query_id)
    assert query["Status"]["State"] == "SUCCEEDED", query["Status"]
    delivered_all(server)
    assert "default" in far_text(far, query).splitlines()


def test_no_statement_waits_for_the_delivery_of_another(
    sql: Statements, far: VersityGw, network: FaultyNetwork, new_server: Callable[..., Server]
) -> None:
    settings = remote_settings(far, network.endpoint) | {"delivery.wait": "10m"}
    server = new_server(*(f"{k}={v}" for k, v in settings.items()))
    statements = Statements(server)
    first = statements.start("show databases", **LOCATION)
    before = network.connections
    network.fault = "stall"
    wait_for(lambda: network.connections > before, 120)
    assert statements.run("show databases")["Status"]["State"] == "SUCCEEDED"
    assert statements.get(first)["Status"]["State"] == "RUNNING"
    network.cut()
    network.heal()
    assert statements.wait(first)["Status"]["State"] == "SUCCEEDED"


def test_too_much_that_waits_is_told(
    far: VersityGw, network: FaultyNetwork, new_server: Callable[..., Server]
) -> None:
    settings = remote_settings(far, network.endpoint) | {"delivery.space": "1KiB"}
    server = new_server(*(f"{k}={v}" for k, v in settings.items()))
    network.cut()
    reason = Statements(server).failure("show databases", **LOCATION)
    assert reason.startswith("The result could not be stored: too much waits for delivery already")
    assert waiting(server) == 0


def test_a_bucket_that_is_not_there_is_refused(sql: Statements, network: FaultyNetwork) -> None:
    with pytest.raises(ClientError) as refused:
        sql.start(
            "show databases", ResultConfiguration={"OutputLocation": "s3://far-missing/results/"}
        )
    message = refused.value.response["Error"]["Message"]
    assert message == "Unable to verify/create output bucket far-missing"
