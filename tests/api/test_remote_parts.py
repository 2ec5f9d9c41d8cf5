"""Deliveries in parts that a crash cuts off leave no parts at the other S3."""

from __future__ import annotations

import os
import signal
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from far import BUCKET, delivered_all, leave_waiting, remote_settings, started_far
from faulty_network import FaultyNetwork
from server import Server, wait_for
from versitygw import VersityGw

MIB = 1024 * 1024
KEY = "runs/in parts & more"
BODY = os.urandom(12 * MIB)


@pytest.fixture
def far(tmp_path: Path) -> Iterator[VersityGw]:
    with started_far(tmp_path / "far") as one:
        yield one


@pytest.fixture
def network(far: VersityGw) -> Iterator[FaultyNetwork]:
    with closing(FaultyNetwork(far.port)) as one:
        yield one


@pytest.fixture
def server(far: VersityGw, network: FaultyNetwork, tmp_path: Path) -> Iterator[Server]:
    settings = remote_settings(far, network.endpoint) | {"isolation.mode": "none"}
    one = Server(tmp_path / "data", settings)
    yield one
    one.end()


def uploads(far: VersityGw) -> list[Any]:
    return list(far.client().list_multipart_uploads(Bucket=BUCKET).get("Uploads", []))


def amid_parts(far: VersityGw, network: FaultyNetwork, server: Server) -> str:
    """A server whose delivery has sent a part and not all; returns the upload's id."""
    network.bytes_per_second = 4 * MIB
    leave_waiting(server, {KEY: BODY})

    def begun() -> str | None:
        for one in uploads(far):
            told = far.client().list_parts(Bucket=BUCKET, Key=KEY, UploadId=one["UploadId"])
            if told.get("Parts"):
                return str(one["UploadId"])
        return None

    return str(wait_for(begun))


def far_body(far: VersityGw) -> bytes:
    return bytes(far.client().get_object(Bucket=BUCKET, Key=KEY)["Body"].read())


def test_kill_9_amid_the_parts(far: VersityGw, network: FaultyNetwork, server: Server) -> None:
    upload_id = amid_parts(far, network, server)
    server.end(signal.SIGKILL)
    network.cut()
    network.heal()
    assert [one["UploadId"] for one in uploads(far)] == [upload_id]
    server.start()
    delivered_all(server)
    wait_for(lambda: not uploads(far))
    assert far_body(far) == BODY


def test_parts_go_when_the_remote_is_back(
    far: VersityGw, network: FaultyNetwork, server: Server
) -> None:
    """The remote is away at the next server's start, too."""
    amid_parts(far, network, server)
    network.cut()
    network.heal()
    network.cut()
    server.end(signal.SIGKILL)
    server.start()
    wait_for(lambda: "stay at the remote until it answers" in server.log.read_text())
    server.restart(signal.SIGKILL)
    assert uploads(far)
    network.heal()
    wait_for(lambda: not uploads(far))
    delivered_all(server)
    assert far_body(far) == BODY


def test_an_upload_that_ended_unnoticed_is_no_trouble(
    far: VersityGw, network: FaultyNetwork, server: Server
) -> None:
    """Somebody else aborted it meanwhile."""
    upload_id = amid_parts(far, network, server)
    server.end(signal.SIGKILL)
    network.cut()
    network.heal()
    far.client().abort_multipart_upload(Bucket=BUCKET, Key=KEY, UploadId=upload_id)
    server.start()
    delivered_all(server)
    assert not uploads(far)
    server.restart(signal.SIGKILL)
    assert far_body(far) == BODY
    assert "stay at the remote" not in server.log.read_text()


def test_an_end_in_good_order_leaves_none(
    far: VersityGw, network: FaultyNetwork, server: Server
) -> None:
    amid_parts(far, network, server)
    server.end(signal.SIGTERM)
    network.cut()
    network.heal()
    server.start()
    delivered_all(server)
    wait_for(lambda: not uploads(far))
    assert far_body(far) == BODY
