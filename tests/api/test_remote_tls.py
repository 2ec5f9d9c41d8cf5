"""A remote that speaks TLS: its certificate is verified, by an authority of one's own too."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from far import BUCKET, delivered_all, leave_waiting, remote_settings
from private_ca import PrivateCa
from server import Server, wait_for
from versitygw import PROGRAM, VersityGw

pytestmark = [
    pytest.mark.skipif(not PROGRAM.is_file(), reason="no versitygw here (it needs Go)"),
    pytest.mark.filterwarnings("ignore:Unverified HTTPS request"),
]

MIB = 1024 * 1024


class Place:
    """An authority, and a remote with a certificate of it for each name that is asked for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ca = PrivateCa(folder)
        self.running: list[VersityGw] = []

    def remote(self, alternative: str = "IP:127.0.0.1", signer: PrivateCa | None = None) -> Any:
        name = f"server{len(self.running)}"
        certificate = (signer or self.ca).sign(name, alternative)
        one = VersityGw(self.folder / name, certificate=certificate).start()
        self.running.append(one)
        one.client(verify=False).create_bucket(Bucket=BUCKET)
        return one

    def settings(self, far: VersityGw) -> dict[str, str]:
        settings = remote_settings(far, far.endpoint)
        return settings | {
            "remote.far.ca_file": str(self.ca.certificate),
            "isolation.mode": "none",
        }


@pytest.fixture
def place(tmp_path: Path) -> Any:
    one = Place(tmp_path)
    yield one
    for far in one.running:
        far.end()


def started(new_server: Callable[..., Server], settings: dict[str, str]) -> Server:
    return new_server(*(f"{k}={v}" for k, v in settings.items()))


def refusal(server: Server) -> str:
    """What a client is told; nothing of it passes."""
    with pytest.raises(ClientError) as refused:
        server.client("s3").put_object(Bucket=BUCKET, Key="key", Body=b"secret")
    answer = refused.value.response
    assert answer["ResponseMetadata"]["HTTPStatusCode"] == 503
    assert answer["Error"]["Code"] == "ServiceUnavailable"
    message = str(answer["Error"]["Message"])
    assert "The store of the bucket (remote far) cannot be reached: " in message
    return message


def test_an_authority_of_ones_own(place: Place, new_server: Callable[..., Server]) -> None:
    far = place.remote()
    s3 = started(new_server, place.settings(far)).client("s3")
    body = os.urandom(3 * MIB)
    s3.put_object(Bucket=BUCKET, Key="key", Body=body)
    assert s3.get_object(Bucket=BUCKET, Key="key")["Body"].read() == body
    trusting = far.client(verify=str(place.ca.certificate))
    assert trusting.get_object(Bucket=BUCKET, Key="key")["Body"].read() == body


def test_deliveries_over_tls(place: Place, tmp_path: Path) -> None:
    far = place.remote()
    body = os.urandom(12 * MIB)
    server = Server(tmp_path / "data", place.settings(far))
    try:
        leave_waiting(server, {"one": b"1", "parts": body})
        delivered_all(server)
    finally:
        server.end()
    trusting = far.client(verify=str(place.ca.certificate))
    assert trusting.get_object(Bucket=BUCKET, Key="one")["Body"].read() == b"1"
    assert trusting.get_object(Bucket=BUCKET, Key="parts")["Body"].read() == body


def test_an_authority_nobody_named_is_refused(
    place: Place, new_server: Callable[..., Server]
) -> None:
    settings = place.settings(place.remote())
    del settings["remote.far.ca_file"]
    told = refusal(started(new_server, settings))
    assert "SSL certificate problem" in told


def test_another_authority_is_refused(
    place: Place, new_server: Callable[..., Server], tmp_path: Path
) -> None:
    far = place.remote(signer=PrivateCa(tmp_path, "other"))
    told = refusal(started(new_server, place.settings(far)))
    assert "SSL certificate problem" in told


@pytest.mark.parametrize("alternative", ["IP:127.0.0.2", "DNS:s3.example.com"])
def test_another_host_is_refused(
    place: Place, new_server: Callable[..., Server], alternative: str
) -> None:
    told = refusal(started(new_server, place.settings(place.remote(alternative))))
    assert "no alternative certificate subject name matches" in told
    assert "127.0.0.1" in told


def test_an_authority_file_that_is_missing_is_named(
    place: Place, new_server: Callable[..., Server], tmp_path: Path
) -> None:
    settings = place.settings(place.remote())
    settings["remote.far.ca_file"] = str(tmp_path / "missing.pem")
    told = refusal(started(new_server, settings))
    assert str(tmp_path / "missing.pem") in told


def test_what_waits_for_want_of_trust_says_so(place: Place, tmp_path: Path) -> None:
    """The authority that the settings name is mended, and SIGHUP delivers."""
    far = place.remote()
    named = tmp_path / "named.pem"
    named.write_text(PrivateCa(tmp_path, "other").certificate.read_text())
    settings = place.settings(far) | {"remote.far.ca_file": str(named)}
    server = Server(tmp_path / "data", settings)
    try:
        leave_waiting(server, {"key": b"waits"})
        wait_for(lambda: "SSL certificate problem" in server.log.read_text())
        assert server.client("s3").get_object(Bucket=BUCKET, Key="key")["Body"].read() == b"waits"
        named.write_text(place.ca.certificate.read_text())
        os.kill(server.pid, signal.SIGHUP)
        delivered_all(server)
    finally:
        server.end()
    trusting = far.client(verify=str(place.ca.certificate))
    assert trusting.get_object(Bucket=BUCKET, Key="key")["Body"].read() == b"waits"
