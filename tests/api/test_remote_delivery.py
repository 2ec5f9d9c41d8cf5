"""Results whose location is in a bucket of another S3: delivered, or waiting while it is away."""

from __future__ import annotations

import json
import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from far import BUCKET, delivered_all, remote_settings, waiting
from faulty_network import FaultyNetwork
from server import BUILD, Server, Session, wait_for
from versitygw import VersityGw

pytestmark = pytest.mark.usefixtures("healed")

OUTPUTS = ("StdOutS3Uri", "StdErrorS3Uri")
LOCATION = {"results.location": f"s3://{BUCKET}/runs"}


@pytest.fixture(scope="module")
def server(
    far: VersityGw, network: FaultyNetwork, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Server]:
    settings = remote_settings(far, network.endpoint) | LOCATION
    one = Server(tmp_path_factory.mktemp("near") / "data", settings).start()
    yield one
    one.end()


@pytest.fixture(scope="module")
def session(server: Server) -> Iterator[Session]:
    one = Session(server)
    one.wait("IDLE")
    yield one
    one.end()


def far_text(far: VersityGw, uri: str) -> str:
    bucket, key = uri.removeprefix("s3://").split("/", 1)
    return str(far.client().get_object(Bucket=bucket, Key=key)["Body"].read().decode())


def reason(session: Session, calculation_id: str) -> str | None:
    """What the three operations that show it say; they agree, but for an attempt in between."""
    athena = session.athena

    def texts() -> set[str | None]:
        told = [
            athena.get_calculation_execution(CalculationExecutionId=calculation_id),
            athena.get_calculation_execution_status(CalculationExecutionId=calculation_id),
        ]
        told += [
            one
            for one in athena.list_calculation_executions(SessionId=session.id)["Calculations"]
            if one["CalculationExecutionId"] == calculation_id
        ]
        assert len(told) == 3
        return {one["Status"].get("StateChangeReason") for one in told}

    agreed: set[str | None] = wait_for(lambda: one if len(one := texts()) == 1 else None)
    return agreed.pop()


def test_results_are_there_before_the_end_is_shown(session: Session, far: VersityGw) -> None:
    told = session.run("print('far away')")
    assert told["Status"]["State"] == "COMPLETED"
    assert "StateChangeReason" not in told["Status"]
    assert told["Result"]["StdOutS3Uri"].startswith(f"s3://{BUCKET}/runs/session/{session.id}/")
    assert far_text(far, told["Result"]["StdOutS3Uri"]) == "far away\n"
    assert far_text(far, told["Result"]["StdErrorS3Uri"]) == ""
    assert json.loads(far_text(far, told["Result"]["ResultS3Uri"]))["outputs"] == []
    assert waiting(session.server) == 0
    head = far.client().head_object(
        Bucket=BUCKET, Key=told["Result"]["StdOutS3Uri"].removeprefix(f"s3://{BUCKET}/")
    )
    assert head["ContentType"] == "text/plain; charset=utf-8"


def test_nothing_of_them_is_kept_here(server: Server) -> None:
    assert not [path for path in (server.data / "blobs").rglob("*") if path.is_file()]


def test_large_output_goes_in_parts(session: Session, far: VersityGw) -> None:
    told = session.run("print('x' * 12_000_000)")
    text = far_text(far, told["Result"]["StdOutS3Uri"])
    assert len(text) == 12_000_001
    assert set(text) == {"x", "\n"}
    key = told["Result"]["StdOutS3Uri"].removeprefix(f"s3://{BUCKET}/")
    assert far.client().head_object(Bucket=BUCKET, Key=key)["ETag"].strip('"').endswith("-3")
    assert "Uploads" not in far.client().list_multipart_uploads(Bucket=BUCKET)


def test_output_waits_while_the_bucket_is_away(
    session: Session, server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    network.cut()
    calculation_id = session.start("print('kept')")
    told = session.wait_calculation(calculation_id)
    assert told["Status"]["State"] == "COMPLETED"
    note = reason(session, calculation_id) or ""
    assert note.startswith(f"The output waits on this server for s3://{BUCKET}: ")
    assert session.status()["State"] == "IDLE"
    assert waiting(server) == 3
    assert session.read(told["Result"]["StdOutS3Uri"]) == "kept\n"
    network.heal()
    delivered_all(server)
    assert session.read(told["Result"]["StdOutS3Uri"]) == "kept\n"
    assert reason(session, calculation_id) is None
    assert far_text(far, told["Result"]["StdOutS3Uri"]) == "kept\n"
    wait_for(lambda: not [p for p in (server.data / "blobs").rglob("*") if p.is_file()])


def test_a_failed_calculation_keeps_its_reason(
    session: Session, server: Server, network: FaultyNetwork
) -> None:
    network.cut()
    calculation_id = session.start("1 / 0")
    session.wait_calculation(calculation_id)
    note = reason(session, calculation_id) or ""
    assert "division by zero" in note
    assert "waits on this server" in note
    network.heal()
    delivered_all(server)
    left = reason(session, calculation_id) or ""
    assert "division by zero" in left
    assert "waits on this server" not in left


@pytest.mark.parametrize(
    ("status", "code"), [(503, "SlowDown"), (500, "InternalError"), (400, "RequestTimeout")]
)
def test_passing_errors_are_tried_again(
    session: Session, far: VersityGw, network: FaultyNetwork, status: int, code: str
) -> None:
    network.cut()  # so that no connection of before goes past the fault
    network.answer(status, code, times=1)
    told = session.run(f"print('{code}')")
    assert "StateChangeReason" not in told["Status"]
    assert far_text(far, told["Result"]["StdOutS3Uri"]) == f"{code}\n"
    assert network.answer_times >= 1


def test_what_the_store_says_is_told(
    session: Session, server: Server, network: FaultyNetwork
) -> None:
    network.cut()
    network.answer(403, "AccessDenied")
    calculation_id = session.start("print('denied')")
    session.wait_calculation(calculation_id)
    note = reason(session, calculation_id) or ""
    assert "AccessDenied: made by the test" in note
    network.heal()
    delivered_all(server)


def test_another_region_is_told(session: Session, server: Server, network: FaultyNetwork) -> None:
    network.cut()
    network.answer(301, "PermanentRedirect", "x-amz-bucket-region: eu-west-7")
    calculation_id = session.start("print('moved')")
    session.wait_calculation(calculation_id)
    note = reason(session, calculation_id) or ""
    assert "lies in the region eu-west-7" in note
    network.heal()
    delivered_all(server)


def test_a_slow_store_holds_no_calculation(
    session: Session, server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    network.cut()
    network.fault = "stall"
    told = session.run("print('slow')", timeout=30)
    assert "not delivered within 1000 ms" in told["Status"]["StateChangeReason"]
    network.heal()
    delivered_all(server)
    assert far_text(far, told["Result"]["StdOutS3Uri"]) == "slow\n"


def test_a_connection_that_breaks_off_delivers_nothing_half(
    session: Session, server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    network.cut()
    network.heal()
    network.cut_after = 1_000_000
    told = session.run("print('y' * 3_000_000)")
    uri = told["Result"]["StdOutS3Uri"]
    assert "waits on this server" in told["Status"]["StateChangeReason"]
    with pytest.raises(ClientError):
        far_text(far, uri)
    network.heal()
    delivered_all(server)
    assert len(far_text(far, uri)) == 3_000_001


def test_what_waits_survives_kill_9(
    session: Session, server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    network.cut()
    told = session.run("print('z' * 6_000_000)")
    calculation_id = told["CalculationExecutionId"]
    server.restart(signal.SIGKILL)
    session.athena, session.s3 = server.client("athena"), server.client("s3")
    assert waiting(server) == 3
    note = reason(session, calculation_id) or ""
    assert "waits on this server" in note
    network.heal()
    network.bytes_per_second = 3_000_000
    before = network.connections
    wait_for(lambda: network.connections > before)
    server.restart(signal.SIGKILL)  # amid the delivery
    session.athena, session.s3 = server.client("athena"), server.client("s3")
    network.heal()
    delivered_all(server)
    assert len(far_text(far, told["Result"]["StdOutS3Uri"])) == 6_000_001
    assert reason(session, calculation_id) is None
    assert session.wait("IDLE")


def test_kill_9_before_the_end_is_shown(
    session: Session, server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    network.cut()
    network.fault = "stall"
    before = network.connections
    calculation_id = session.start("print('again')")
    wait_for(lambda: network.connections > before)
    server.restart(signal.SIGKILL)
    network.cut()
    network.heal()
    session.athena, session.s3 = server.client("athena"), server.client("s3")
    told = session.wait_calculation(calculation_id)
    assert told["Status"]["State"] == "COMPLETED"
    delivered_all(server)
    assert far_text(far, told["Result"]["StdOutS3Uri"]) == "again\n"


def test_status_tells_what_waits(session: Session, server: Server, network: FaultyNetwork) -> None:
    network.cut()
    session.run("print(1)")
    command = [str(BUILD / "glaux"), "status", "--data", str(server.data)]
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GLAUX_")}
    table = subprocess.run(command, capture_output=True, text=True, env=environment).stdout
    assert "3 objects wait for buckets elsewhere" in table
    told = subprocess.run([*command, "--json"], capture_output=True, text=True, env=environment)
    assert json.loads(told.stdout)["deliveries_waiting"] == 3
    network.heal()
    delivered_all(server)


def test_start_session_knows_the_bucket(server: Server, network: FaultyNetwork) -> None:
    athena = server.client("athena")
    configuration = {
        "ResultConfiguration": {"OutputLocation": "s3://far-missing/"},
        "EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"},
        "ExecutionRole": "arn:aws:iam::000000000000:role/R",
    }
    athena.create_work_group(Name="missing", Configuration=configuration)
    with pytest.raises(ClientError) as refused:
        Session(server, WorkGroup="missing")
    assert "s3://far-missing does not exist" in str(refused.value)
    network.cut()
    Session(server, WorkGroup="missing").end()


def test_too_much_that_waits_is_told(
    far: VersityGw, network: FaultyNetwork, new_server: Callable[..., Server]
) -> None:
    settings = remote_settings(far, network.endpoint) | LOCATION
    settings["delivery.space"] = "1MiB"
    server = new_server(*(f"{k}={v}" for k, v in settings.items()))
    session = Session(server)
    session.wait("IDLE")
    network.cut()
    told = session.run("print('w' * 2_000_000)")
    assert told["Status"]["State"] == "FAILED"
    assert "The output could not be stored: too much waits" in told["Status"]["StateChangeReason"]
    assert waiting(server) == 0
    session.end()


def test_no_secret_is_told(server: Server, far: VersityGw, tmp_path: Path) -> None:
    assert far.secret not in server.log.read_text()


def keys_command(folder: Path, far: VersityGw, version: int = 1) -> Path:
    """Prints keys, and counts how often it was asked."""
    program = folder / "keys"
    told: dict[str, Any] = {
        "Version": version,
        "AccessKeyId": far.key_id,
        "SecretAccessKey": far.secret,
    }
    program.write_text(
        f"#!/bin/sh\necho asked >>{folder}/asked\ncat <<'END'\n{json.dumps(told)}\nEND\n"
    )
    program.chmod(0o755)
    return program


@pytest.mark.parametrize("form", ["file", "command"])
def test_keys_from_elsewhere(
    form: str, far: VersityGw, new_server: Callable[..., Server], tmp_path: Path
) -> None:
    settings = remote_settings(far, far.endpoint) | LOCATION
    del settings["remote.far.access_key_id"], settings["remote.far.secret_access_key"]
    if form == "file":
        keys = tmp_path / "credentials"
        keys.write_text(
            f"[other]\naws_access_key_id = x\n[it]\naws_access_key_id = {far.key_id}\n"
            f"aws_secret_access_key = {far.secret}\n"
        )
        settings |= {"remote.far.credentials": f"file:{keys}", "remote.far.profile": "it"}
    else:
        settings["remote.far.credentials"] = f"command:{keys_command(tmp_path, far)}"
    server = new_server(*(f"{k}={v}" for k, v in settings.items()))
    session = Session(server)
    session.wait("IDLE")
    for _ in range(2):
        told = session.run("print('keys')")
        assert "StateChangeReason" not in told["Status"]
    assert far_text(far, told["Result"]["StdOutS3Uri"]) == "keys\n"
    if form == "command":
        assert (tmp_path / "asked").read_text().count("asked") == 1
    session.end()


def test_what_is_written_or_deleted_meanwhile_wins(
    session: Session, server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    network.cut()
    result = session.run("print('old')")["Result"]
    out, err = (result[name].removeprefix(f"s3://{BUCKET}/") for name in OUTPUTS)
    network.heal()
    session.s3.put_object(Bucket=BUCKET, Key=out, Body=b"new")
    session.s3.delete_object(Bucket=BUCKET, Key=err)
    delivered_all(server)
    assert far_text(far, f"s3://{BUCKET}/{out}") == "new"
    with pytest.raises(ClientError):
        far_text(far, f"s3://{BUCKET}/{err}")


def http_date(seconds_from_now: int) -> str:
    return f"Date: {format_datetime(datetime.now(UTC) + timedelta(seconds=seconds_from_now), True)}"


def test_the_remotes_clock_is_learned(
    session: Session, server: Server, far: VersityGw, network: FaultyNetwork
) -> None:
    network.cut()
    network.answer(403, "RequestTimeTooSkewed", http_date(300), times=1)
    told = session.run("print('later')")
    assert "StateChangeReason" not in told["Status"]
    assert far_text(far, told["Result"]["StdOutS3Uri"]) == "later\n"
    assert "the remote's clock differs" in server.log.read_text()
    network.cut()
    network.answer(403, "RequestTimeTooSkewed", http_date(0), times=1)
    assert "StateChangeReason" not in session.run("print('now')")["Status"]


def test_keys_that_have_ended_are_asked_for_anew(
    far: VersityGw, network: FaultyNetwork, new_server: Callable[..., Server], tmp_path: Path
) -> None:
    settings = remote_settings(far, network.endpoint) | LOCATION
    settings["remote.far.credentials"] = f"command:{keys_command(tmp_path, far)}"
    server = new_server(*(f"{k}={v}" for k, v in settings.items()))
    session = Session(server)
    session.wait("IDLE")
    network.cut()
    network.answer(400, "ExpiredToken", times=1)
    told = session.run("print('renewed')")
    assert "StateChangeReason" not in told["Status"]
    assert (tmp_path / "asked").read_text().count("asked") >= 2
    session.end()


def test_new_keys_by_sighup(
    far: VersityGw, new_server: Callable[..., Server], tmp_path: Path
) -> None:
    keys = tmp_path / "credentials"
    keys.write_text("[default]\naws_access_key_id = old\naws_secret_access_key = old\n")
    settings = remote_settings(far, far.endpoint) | LOCATION
    settings["remote.far.credentials"] = f"file:{keys}"
    server = new_server(*(f"{k}={v}" for k, v in settings.items()))
    session = Session(server)
    session.wait("IDLE")
    told = session.run("print('keys')")
    assert "waits on this server" in told["Status"]["StateChangeReason"]
    keys.write_text(
        f"[default]\naws_access_key_id = {far.key_id}\naws_secret_access_key = {far.secret}\n"
    )
    os.kill(server.pid, signal.SIGHUP)
    delivered_all(server)
    assert far_text(far, told["Result"]["StdOutS3Uri"]) == "keys\n"
    session.end()
