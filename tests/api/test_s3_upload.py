"""Uploads that go wrong: nothing of them is ever seen, and no file of them stays."""

import base64
import hashlib
import os
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from s3_wire import Wire, new_bucket
from server import Server, wait_for

BLOB = os.urandom(300_000)
EMPTY = hashlib.sha256(b"").hexdigest()


def absent(s3: Any, bucket: str, key: str) -> bool:
    return bool(s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"] == 0)


def md5(data: bytes) -> str:
    return base64.b64encode(hashlib.md5(data).digest()).decode()


@pytest.mark.parametrize("data", [b"", b"small", BLOB], ids=["empty", "row", "file"])
def test_the_body_is_the_signed_one(s3: Any, wire: Wire, bucket: str, data: bytes) -> None:
    other = hashlib.sha256(b"other").hexdigest()
    answer = wire.send("PUT", f"/{bucket}/hash", data, payload=other)
    assert (answer.status, answer.code) == (400, "XAmzContentSHA256Mismatch")
    assert absent(s3, bucket, "hash")


def test_an_unsigned_body_is_taken(s3: Any, wire: Wire, bucket: str) -> None:
    answer = wire.send("PUT", f"/{bucket}/unsigned", BLOB, payload="UNSIGNED-PAYLOAD")
    assert answer.status == 200
    assert s3.get_object(Bucket=bucket, Key="unsigned")["Body"].read() == BLOB


def test_content_md5(s3: Any, wire: Wire, bucket: str) -> None:
    target = f"/{bucket}/md5"
    answer = wire.send("PUT", target, BLOB, {"Content-MD5": md5(b"other")})
    assert (answer.status, answer.code) == (400, "BadDigest")
    answer = wire.send("PUT", target, BLOB, {"Content-MD5": "not base64"})
    assert (answer.status, answer.code) == (400, "InvalidDigest")
    assert absent(s3, bucket, "md5")
    assert wire.send("PUT", target, BLOB, {"Content-MD5": md5(BLOB)}).status == 200


def test_checksum_headers_that_make_no_sense(s3: Any, wire: Wire, bucket: str) -> None:
    for headers in (
        {"x-amz-checksum-crc32": "AAAA"},
        {"x-amz-checksum-crc32": "AAAAAA==", "x-amz-checksum-crc32c": "AAAAAA=="},
        {"x-amz-sdk-checksum-algorithm": "CRC32"},
    ):
        answer = wire.send("PUT", f"/{bucket}/nonsense", BLOB, headers)
        assert (answer.status, answer.code) == (400, "InvalidRequest")
    assert absent(s3, bucket, "nonsense")


def head_of(wire: Wire, target: str, lines: str) -> bytes:
    """The head of an upload with header lines of one's own making."""
    signed = wire.sign("PUT", target, {}, "UNSIGNED-PAYLOAD")
    head = f"PUT {target} HTTP/1.1\r\nHost: {wire.host}\r\n{lines}" + "".join(
        f"{name}: {value}\r\n" for name, value in signed.items()
    )
    return head.encode() + b"\r\n"


def put_and_hang_up(wire: Wire, target: str, lines: str, body: bytes) -> bytes:
    """Sends the head and `body`, ends the sending half, and reads what comes."""
    with wire.socket() as connection:
        connection.sendall(head_of(wire, target, lines) + body)
        connection.shutdown(socket.SHUT_WR)
        answer = b""
        while piece := connection.recv(65536):
            answer += piece
    return answer


def test_a_length_is_needed(s3: Any, wire: Wire, bucket: str) -> None:
    answer = put_and_hang_up(wire, f"/{bucket}/length", "", b"")
    assert answer.startswith(b"HTTP/1.1 411 ")
    assert b"<Code>MissingContentLength</Code>" in answer
    assert absent(s3, bucket, "length")


@pytest.mark.parametrize("sent", [0, 1, 16_384, 2_999_999])
def test_a_body_that_breaks_off_is_no_object(s3: Any, wire: Wire, bucket: str, sent: int) -> None:
    put_and_hang_up(wire, f"/{bucket}/broken", "Content-Length: 3000000\r\n", os.urandom(sent))
    assert absent(s3, bucket, "broken")


def test_a_body_that_breaks_off_keeps_what_was_there(s3: Any, wire: Wire, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="before", Body=BLOB)
    put_and_hang_up(wire, f"/{bucket}/before", "Content-Length: 3000000\r\n", bytes(2_000_000))
    assert s3.get_object(Bucket=bucket, Key="before")["Body"].read() == BLOB


def test_a_body_above_the_limit_is_refused_before_it_comes(
    s3: Any, wire: Wire, bucket: str
) -> None:
    length = 6 * 1024**3  # S3 takes 5 GiB at once
    answer = put_and_hang_up(
        wire, f"/{bucket}/huge", f"Content-Length: {length}\r\n", bytes(100_000)
    )
    assert answer.startswith(b"HTTP/1.1 400 ")
    assert b"<Code>EntityTooLarge</Code>" in answer
    assert absent(s3, bucket, "huge")


def test_a_missing_bucket_is_told_while_the_body_comes(wire: Wire) -> None:
    answer = wire.send("PUT", "/no-such-bucket/a", os.urandom(3_000_000))
    assert (answer.status, answer.code) == (404, "NoSuchBucket")


def blob_files(folder: Path) -> set[Path]:
    return {path for path in folder.rglob("*") if path.is_file()}


def test_no_file_stays(s3: Any, glaux: Server, wire: Wire, bucket: str) -> None:
    folder = Path(glaux.data) / "blobs"
    before = blob_files(folder)
    target = f"/{bucket}/leftover"
    wire.send("PUT", target, BLOB, payload=EMPTY)
    wire.send("PUT", target, BLOB, {"Content-MD5": md5(b"other")})
    wire.send("PUT", target, BLOB, {"If-Match": '"none"'})
    wire.send("PUT", "/no-such-bucket/leftover", BLOB)
    put_and_hang_up(wire, target, "Content-Length: 3000000\r\n", bytes(1_000_000))
    # A whole upload goes through the same queues behind them.
    wire.send("PUT", target, BLOB)
    s3.delete_object(Bucket=bucket, Key="leftover")
    wait_for(lambda: blob_files(folder) == before)


def test_a_replaced_body_goes(s3: Any, glaux: Server, bucket: str) -> None:
    folder = glaux.data / "blobs"
    before = len(blob_files(folder))
    for _ in range(5):
        s3.put_object(Bucket=bucket, Key="replaced", Body=BLOB)
    wait_for(lambda: len(blob_files(folder)) == before + 1)


def test_a_server_that_dies_amid_an_upload(new_server: Callable[..., Server]) -> None:
    server = new_server()
    s3, wire = server.client("s3"), Wire(server)
    bucket = new_bucket(s3)
    s3.put_object(Bucket=bucket, Key="whole", Body=BLOB)
    before = blob_files(server.data / "blobs")
    with wire.socket() as connection:
        connection.sendall(head_of(wire, f"/{bucket}/torn", "Content-Length: 9000000\r\n"))
        connection.sendall(bytes(2_000_000))
        wait_for(lambda: blob_files(server.data / "blobs") != before)
        server.restart(signal.SIGKILL)
    s3 = server.client("s3")
    assert absent(s3, bucket, "torn")
    assert s3.get_object(Bucket=bucket, Key="whole")["Body"].read() == BLOB
    wait_for(lambda: blob_files(server.data / "blobs") == before)


def test_what_was_answered_survives_the_server(new_server: Callable[..., Server]) -> None:
    server = new_server()
    s3 = server.client("s3")
    bucket = new_bucket(s3)
    bodies = {f"{size}": os.urandom(size) for size in (0, 10, 20_000, 2_000_000)}
    for key, data in bodies.items():
        s3.put_object(Bucket=bucket, Key=key, Body=data)
    s3.put_object(Bucket=bucket, Key="deleted", Body=b"")
    s3.delete_object(Bucket=bucket, Key="deleted")
    server.restart(signal.SIGKILL)
    s3 = server.client("s3")
    listed = s3.list_objects_v2(Bucket=bucket)["Contents"]
    assert {item["Key"] for item in listed} == set(bodies)
    for key, data in bodies.items():
        assert s3.get_object(Bucket=bucket, Key=key)["Body"].read() == data
