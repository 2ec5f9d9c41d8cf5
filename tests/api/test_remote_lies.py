"""Another S3 that answers as none should: it costs the one answer, never the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from faulty_network import FaultyNetwork
from s3_wire import Wire
from server import Server

BUCKET = "far-lies"


@pytest.fixture
def store() -> Iterator[FaultyNetwork]:
    one = FaultyNetwork(0)
    yield one
    one.close()


@pytest.fixture
def server(store: FaultyNetwork, new_server: Callable[..., Server]) -> Server:
    return new_server(
        f"remote.far.endpoint={store.endpoint}",
        f"remote.far.buckets={BUCKET}",
        "remote.far.access_key_id=key",
        "remote.far.secret_access_key=secret",
        "isolation.mode=none",
    )


def head(status: int, *lines: bytes) -> bytes:
    return b"\r\n".join([b"HTTP/1.1 %d Lie" % status, *lines, b"Connection: close", b"", b""])


def chunks(*pieces: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in pieces) + b"0\r\n\r\n"


def get(server: Server) -> tuple[int, bytes]:
    answer = Wire(server).send("GET", f"/{BUCKET}/key")
    return answer.status, answer.body


def lives(server: Server) -> None:
    assert server.process
    assert server.process.poll() is None
    assert server.get("/-/healthz")


@pytest.mark.parametrize("promised", [b"2", b"5", b"9", b"2, 5", b"-1", b"99999999999999999999"])
def test_chunks_are_what_they_are(server: Server, store: FaultyNetwork, promised: bytes) -> None:
    lie = head(200, b"Content-Length: " + promised, b"Transfer-Encoding: chunked")
    store.answer_by(lambda _: lie + chunks(b"he", b"llo"))
    assert get(server) == (200, b"hello")
    lives(server)


def test_fewer_bytes_than_promised(server: Server, store: FaultyNetwork) -> None:
    store.answer_by(lambda _: head(200, b"Content-Length: 9") + b"hello")
    with pytest.raises(Exception, match=r"(?i)incomplete|closed|reset"):
        get(server)
    lives(server)


def test_two_lengths(server: Server, store: FaultyNetwork) -> None:
    """Whichever is believed, what a client sees is no whole answer with other bytes."""
    store.answer_by(
        lambda _: head(200, b"Content-Length: 2", b"Content-Length: 5") + b"hello",
    )
    status, body = get(server)
    assert status == 503 or body == b"hello"
    lives(server)


@pytest.mark.parametrize("status", [600, 999, 0, 99])
@pytest.mark.parametrize("length", [b"5", b"0"])
def test_no_status_of_http(
    server: Server, store: FaultyNetwork, status: int, length: bytes
) -> None:
    store.answer_by(lambda _: head(status, b"Content-Length: " + length) + b"hello"[: int(length)])
    number, body = get(server)
    assert number == 503
    assert b"<Code>ServiceUnavailable</Code>" in body
    with pytest.raises(ClientError, match="503"):
        server.client("s3").head_object(Bucket=BUCKET, Key="key")
    lives(server)


def test_a_copy_of_lies(server: Server, store: FaultyNetwork) -> None:
    """What is in chunks has no length, and a copy needs one."""
    s3: Any = server.client("s3")
    s3.create_bucket(Bucket="here")
    for lie in (
        head(200, b"Content-Length: 2", b"Transfer-Encoding: chunked") + chunks(b"he", b"llo"),
        head(200, b"Content-Length: 9", b"Transfer-Encoding: chunked") + chunks(b"he", b"llo"),
        head(199, b"Content-Length: 5") + b"hello",
        head(999, b"Content-Length: 5") + b"hello",
    ):
        store.answer_by(lambda _, lie=lie: lie)
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            s3.copy_object(
                Bucket="here", Key="copy", CopySource={"Bucket": BUCKET, "Key": "key"}
            )
        assert "Contents" not in s3.list_objects_v2(Bucket="here")
    lives(server)
