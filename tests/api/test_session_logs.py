"""Logs of sessions whose MonitoringConfiguration has S3 logging, here and in another S3."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from conftest import light_settings
from far import BUCKET, delivered_all, remote_settings, started_far, waiting
from faulty_network import FaultyNetwork
from server import Server, Session, wait_for

SAID = "hello from the driver\n"


def talking_driver(folder: Path) -> str:
    program = folder / "talking"
    program.write_text(f"#!/bin/sh\nprintf '{SAID}'\ntouch \"$HOME/said\"\nexec sleep 600\n")
    program.chmod(0o755)
    return str(program)


def settings(folder: Path) -> dict[str, str]:
    return light_settings(folder) | {"engine.interpreter": talking_driver(folder)}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    one = Server(tmp_path / "data", settings(tmp_path))
    yield one
    one.end()


def logging_to(location: str, enabled: bool = True) -> dict[str, Any]:
    s3 = {"Enabled": enabled, "LogLocation": location}
    return {"MonitoringConfiguration": {"S3LoggingConfiguration": s3}}


def started(server: Server, **options: Any) -> Session:
    session = Session(server, **options)
    wait_for((server.data / "work" / session.id / "said").exists)
    return session


def ended(server: Server, **options: Any) -> Session:
    session = started(server, **options)
    session.end()
    return session


def body_of(s3: Any, bucket: str, key: str) -> bytes | None:
    try:
        return bytes(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as e:
        if e.response["Error"]["Code"] != "NoSuchKey":
            raise
        return None


def said(s3: Any, key: str) -> bool:
    return SAID.encode() in (body_of(s3, BUCKET, key) or b"")


def is_settled(server: Server, session: Session) -> bool:
    return (server.data / "sessions" / session.id / "logged").exists()


def test_the_log_is_an_object_when_the_session_has_ended(server: Server) -> None:
    server.start()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="logs")
    session = started(server, **logging_to("s3://logs/of/sessions"))
    assert "Contents" not in s3.list_objects_v2(Bucket="logs")
    session.end()
    key = f"of/sessions/{session.id}/driver.log"
    body = wait_for(lambda: body_of(s3, "logs", key))
    assert (server.data / "sessions" / session.id / "log").read_bytes().startswith(body)
    assert SAID.encode() in body
    assert s3.head_object(Bucket="logs", Key=key)["ContentType"] == "text/plain"
    assert s3.list_objects_v2(Bucket="logs")["KeyCount"] == 1
    at_root = ended(server, **logging_to("s3://logs"))
    wait_for(lambda: body_of(s3, "logs", f"{at_root.id}/driver.log"))


def test_a_workgroups_logging_counts(server: Server) -> None:
    server.start()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="logs")
    configuration = {
        "EngineVersion": {"SelectedEngineVersion": "Apache Spark version 3.5"},
        "ExecutionRole": "arn:aws:iam::000000000000:role/R",
        "ResultConfiguration": {"OutputLocation": "s3://glaux-results/g/"},
        **logging_to("s3://logs/group/"),
    }
    server.client("athena").create_work_group(Name="g", Configuration=configuration)
    session = ended(server, WorkGroup="g")
    wait_for(lambda: body_of(s3, "logs", f"group/{session.id}/driver.log"))
    off = ended(server, WorkGroup="g", **logging_to("s3://logs/group/", enabled=False))
    wait_for(lambda: is_settled(server, off))
    assert s3.list_objects_v2(Bucket="logs")["KeyCount"] == 1


def test_a_log_that_was_turned_over_is_two_objects(tmp_path: Path) -> None:
    folder = tmp_path
    program = folder / "long"
    program.write_text(
        "#!/bin/sh\nhead -c 60000 /dev/zero | tr '\\0' x\ntouch \"$HOME/said\"\nexec sleep 600\n"
    )
    program.chmod(0o755)
    all_settings = light_settings(folder) | {
        "engine.interpreter": str(program),
        "retention.max_log": "64KiB",
    }
    server = Server(folder / "data", all_settings).start()
    try:
        s3 = server.client("s3")
        s3.create_bucket(Bucket="logs")
        session = ended(server, **logging_to("s3://logs/"))
        new = wait_for(lambda: body_of(s3, "logs", f"{session.id}/driver.log"))
        old = body_of(s3, "logs", f"{session.id}/driver.log.1")
        assert old
        logged = [
            (server.data / "sessions" / session.id / name).read_bytes() for name in ("log.1", "log")
        ]
        assert logged[0] == old
        assert logged[1].startswith(new)
        assert b"xxx" in old
    finally:
        server.end()


def test_a_server_that_was_killed_is_made_up_for(server: Server) -> None:
    server.start()
    s3 = server.client("s3")
    s3.create_bucket(Bucket="logs")
    session = ended(server, **logging_to("s3://logs/"))
    key = f"{session.id}/driver.log"
    wait_for(lambda: is_settled(server, session))
    server.end(signal.SIGKILL)
    (server.data / "sessions" / session.id / "logged").unlink()  # as if it had not got to it
    server.start()
    s3 = server.client("s3")
    wait_for(lambda: is_settled(server, session))
    assert SAID.encode() in (body_of(s3, "logs", key) or b"")
    s3.delete_object(Bucket="logs", Key=key)
    server.restart(signal.SIGKILL)
    other = ended(server, **logging_to("s3://logs/"))
    s3 = server.client("s3")
    wait_for(lambda: body_of(s3, "logs", f"{other.id}/driver.log"))
    assert body_of(s3, "logs", key) is None  # once is enough


def test_a_bucket_that_is_missing_is_told(server: Server) -> None:
    server.start()
    session = ended(server, **logging_to("s3://no-such-logs/"))
    wait_for(lambda: "the log of a session could not be stored" in server.log.read_text())
    assert not is_settled(server, session)


def test_logs_are_delivered(tmp_path: Path) -> None:
    with started_far(tmp_path / "far") as far, closing(FaultyNetwork(far.port)) as network:
        all_settings = settings(tmp_path) | remote_settings(far, network.endpoint)
        server = Server(tmp_path / "data", all_settings).start()
        try:
            session = ended(server, **logging_to(f"s3://{BUCKET}/logs/"))
            key = f"logs/{session.id}/driver.log"
            wait_for(lambda: body_of(far.client(), BUCKET, key))
            network.cut()
            session = ended(server, **logging_to(f"s3://{BUCKET}/logs/"))
            key = f"logs/{session.id}/driver.log"
            wait_for(lambda: waiting(server) == 1)
            assert said(server.client("s3"), key)
            server.restart(signal.SIGKILL)
            assert said(server.client("s3"), key)
            network.heal()
            delivered_all(server)
            assert said(far.client(), key)
        finally:
            server.end()
