"""Checksums that stand behind a content, on their way to another S3."""

from __future__ import annotations

import base64
import os
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from far import BUCKET, remote_settings
from faulty_network import FaultyNetwork
from s3_wire import Wire
from server import Server
from test_s3_framing import (
    SIGNED_TRAILER,
    UNSIGNED_TRAILER,
    Upload,
    crc32,
    signed_body,
    status,
    unsigned_body,
)
from versitygw import PROGRAM, VersityGw

CLI = Path(os.environ.get("GLAUX_AWS_CLI", "/nonexistent"))
MIB = 1024 * 1024
CRC32 = "x-amz-checksum-crc32"

needs_far = pytest.mark.skipif(not PROGRAM.is_file(), reason="no versitygw here (it needs Go)")


@pytest.fixture(scope="module")
def server(far: VersityGw, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    settings = remote_settings(far, far.endpoint) | {"isolation.mode": "none"}
    one = Server(tmp_path_factory.mktemp("near") / "data", settings).start()
    yield one
    one.end()


def upload(
    server: Server, target: str, payload: str, data: bytes, more: dict[str, str] | None = None
) -> bytes:
    """Returns the answer."""
    headers = {"x-amz-trailer": CRC32} | (more or {})
    one = Upload(Wire(server), target, payload, len(data), headers)
    if payload == UNSIGNED_TRAILER:
        return one.send(unsigned_body(data, 65_536, f"{CRC32}:{crc32(data)}"))
    return one.send(signed_body(one.chain, data, 65_536, (CRC32, crc32(data))))


def header(answer: bytes, name: str) -> str:
    lines = answer.partition(b"\r\n\r\n")[0].decode().split("\r\n")[1:]
    return {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines)}[name]


def told(far: VersityGw, key: str) -> Any:
    return far.client().get_object(Bucket=BUCKET, Key=key, ChecksumMode="ENABLED")


@needs_far
@pytest.mark.parametrize("size", [0, 1, 256 * 1024, 3 * MIB + 5])
@pytest.mark.parametrize("payload", [SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_the_other_store_has_it(server: Server, far: VersityGw, payload: str, size: int) -> None:
    data = os.urandom(size)
    answer = upload(server, f"/{BUCKET}/one", payload, data, {"x-amz-meta-a": "b"})
    assert status(answer) == 200
    assert header(answer, CRC32) == crc32(data)
    got = told(far, "one")
    assert got["Body"].read() == data
    assert got["ChecksumCRC32"] == crc32(data)
    assert got["Metadata"] == {"a": "b"}
    assert not got.get("ContentEncoding")


@needs_far
def test_encodings_of_the_content_stay(server: Server, far: VersityGw) -> None:
    upload(server, f"/{BUCKET}/e", UNSIGNED_TRAILER, b"x", {"Content-Encoding": "aws-chunked,gzip"})
    assert told(far, "e")["ContentEncoding"] == "gzip"


@needs_far
@pytest.mark.parametrize("kind", ["COMPOSITE", "FULL_OBJECT"])
def test_parts_of_an_upload_that_names_an_algorithm(
    server: Server, far: VersityGw, kind: str
) -> None:
    """It is completed with the checksums of its parts, which the other store knows then."""
    s3 = server.client("s3")
    place = {"Bucket": BUCKET, "Key": "parts"}
    begun = s3.create_multipart_upload(**place, ChecksumAlgorithm="CRC32", ChecksumType=kind)
    data = os.urandom(5 * MIB), os.urandom(1000)
    parts = []
    for number, one in enumerate(data, 1):
        target = f"/{BUCKET}/parts?partNumber={number}&uploadId={begun['UploadId']}"
        answer = upload(server, target, UNSIGNED_TRAILER, one)
        assert status(answer) == 200
        etag = header(answer, "etag")
        parts.append({"PartNumber": number, "ETag": etag, "ChecksumCRC32": crc32(one)})
    listed = far.client().list_parts(**place, UploadId=begun["UploadId"])["Parts"]
    assert [p["ChecksumCRC32"] for p in listed] == [crc32(one) for one in data]
    s3.complete_multipart_upload(
        **place, UploadId=begun["UploadId"], MultipartUpload={"Parts": parts}
    )
    got = told(far, "parts")
    assert got["Body"].read() == b"".join(data)
    if kind == "FULL_OBJECT":
        assert got["ChecksumCRC32"] == crc32(b"".join(data))
    else:
        assert got["ChecksumCRC32"].endswith("-2")


@needs_far
@pytest.mark.skipif(not (CLI).is_file(), reason="no AWS CLI here")
def test_the_cli_copies_in_parts(server: Server, far: VersityGw, tmp_path: Path) -> None:
    data = os.urandom(20 * MIB)
    (tmp_path / "file").write_bytes(data)
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("GLAUX_", "AWS_"))} | {
        "AWS_ENDPOINT_URL": server.endpoint,
        "AWS_ACCESS_KEY_ID": server.key_id,
        "AWS_SECRET_ACCESS_KEY": server.secret,
        "AWS_DEFAULT_REGION": server.region,
    }
    for source, target in (("file", f"s3://{BUCKET}/cli"), (f"s3://{BUCKET}/cli", "back")):
        subprocess.run(
            [str(CLI), "s3", "cp", source, target], cwd=tmp_path, env=environment, check=True
        )
    assert (tmp_path / "back").read_bytes() == data
    got = told(far, "cli")
    assert got["Body"].read() == data
    assert any(name.startswith("Checksum") for name in got)


@pytest.mark.parametrize("taken", [True, False])
def test_a_store_that_takes_none(new_server: Callable[..., Server], taken: bool) -> None:
    heads: list[bytes] = []

    def answer(head: bytes) -> bytes:
        heads.append(head.lower())
        return b'HTTP/1.1 200 OK\r\nContent-Length: 0\r\nETag: "x"\r\nConnection: close\r\n\r\n'

    store = FaultyNetwork(0)
    store.answer_by(answer)
    server = new_server(
        f"remote.far.endpoint={store.endpoint}",
        f"remote.far.buckets={BUCKET}",
        "remote.far.access_key_id=key",
        "remote.far.secret_access_key=secret",
        f"remote.far.trailers={str(taken).lower()}",
        "isolation.mode=none",
    )
    try:
        assert status(upload(server, f"/{BUCKET}/key", UNSIGNED_TRAILER, b"data")) == 200
        assert (b"x-amz-trailer: " + CRC32.encode() in heads[0]) == taken
        assert (b"streaming-unsigned-payload-trailer" in heads[0]) == taken
        assert (b"\r\ncontent-length: 4\r\n" in heads[0] + b"\r\n") != taken
        wrong = Upload(
            Wire(server), f"/{BUCKET}/key", UNSIGNED_TRAILER, 0, {"x-amz-trailer": CRC32}
        )
        value = base64.b64encode(b"none").decode()
        assert status(wrong.send(unsigned_body(b"", 65_536, f"{CRC32}:{value}"))) == 400
        assert len(heads) == 1
    finally:
        store.close()
