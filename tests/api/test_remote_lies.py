"""Another S3 that answers as none should: it costs the one answer, never the server."""

from __future__ import annotations

import base64
import contextlib
import hashlib
import json
import os
import signal
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from faulty_network import FaultyNetwork
from s3_wire import Wire
from server import Server, wait_for
from test_s3_framing import (
    SIGNED,
    SIGNED_TRAILER,
    UNSIGNED_TRAILER,
    Upload,
    signed_body,
    unsigned_body,
)
from test_s3_framing import status as status_of

BUCKET = "far-lies"


@pytest.fixture
def store() -> Iterator[FaultyNetwork]:
    one = FaultyNetwork(0)
    yield one
    one.close()


def settings(store: FaultyNetwork) -> list[str]:
    return [
        f"remote.far.endpoint={store.endpoint}",
        f"remote.far.buckets={BUCKET}",
        "isolation.mode=none",
    ]


@pytest.fixture
def server(store: FaultyNetwork, new_server: Callable[..., Server]) -> Server:
    return new_server(
        *settings(store), "remote.far.access_key_id=key", "remote.far.secret_access_key=secret"
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


@pytest.mark.parametrize("promised", [b"2", b"5", b"9", b"2, 5", b"99999999999999999999"])
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
    lies = (
        head(200, b"Content-Length: 2", b"Transfer-Encoding: chunked") + chunks(b"he", b"llo"),
        head(200, b"Content-Length: 9", b"Transfer-Encoding: chunked") + chunks(b"he", b"llo"),
        head(199, b"Content-Length: 5") + b"hello",
        head(999, b"Content-Length: 5") + b"hello",
        *(head(status, b"Content-Length: 5") + b"hello" for status in (201, 202, 205, 206)),
    )
    reply = [b""]
    store.answer_by(lambda _: reply[0])
    for reply[0] in lies:
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            s3.copy_object(Bucket="here", Key="copy", CopySource={"Bucket": BUCKET, "Key": "key"})
        assert "Contents" not in s3.list_objects_v2(Bucket="here")
    store.answer_by(
        lambda _: head(301, b"x-amz-bucket-region: eu-west-1", b"Content-Length: 0"),
    )
    with pytest.raises(ClientError, match="region eu-west-1: set the remote's region to it"):
        s3.copy_object(Bucket="here", Key="copy", CopySource={"Bucket": BUCKET, "Key": "key"})
    lives(server)


def test_a_copy_to_a_liar(server: Server, store: FaultyNetwork) -> None:
    """The target is there when it says so as S3 does."""
    s3: Any = server.client("s3")
    s3.create_bucket(Bucket="here")
    s3.put_object(Bucket="here", Key="key", Body=b"hello")
    source = {"Bucket": "here", "Key": "key"}
    part = {"Bucket": BUCKET, "Key": "c", "CopySource": source, "UploadId": "u", "PartNumber": 1}
    tag = b'ETag: "x"'
    error = b"<Error><Code>InternalError</Code></Error>"
    lies = (
        head(200, b"Content-Length: 0"),
        head(202, b"Content-Length: 0", tag),
        head(206, b"Content-Length: 0", tag),
        head(200, b"Content-Length: %d" % len(error), tag) + error,
    )
    reply = [b""]
    store.answer_by(lambda _: reply[0])
    for reply[0] in lies:
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)
        with pytest.raises(ClientError, match="ServiceUnavailable"):
            s3.upload_part_copy(**part)
    reply[0] = head(200, b"Content-Length: 0", tag)
    assert s3.copy_object(Bucket=BUCKET, Key="copy", CopySource=source)["CopyObjectResult"]
    assert s3.upload_part_copy(**part)["CopyPartResult"]["ETag"] == '"x"'
    lives(server)


@pytest.mark.parametrize("count", [50, 100, 1000])
def test_many_headers(server: Server, store: FaultyNetwork, count: int) -> None:
    """All of them, or none."""
    lines = [b"x-amz-meta-%d: v" % i for i in range(count)]
    store.answer_by(lambda _: head(200, b"Content-Length: 5", *lines) + b"hello")
    answer = Wire(server).send("GET", f"/{BUCKET}/key")
    told = [name for name in answer.headers if name.startswith("x-amz-meta-")]
    assert (answer.status, len(told)) == ((200, count) if count == 50 else (503, 0))
    lives(server)


# What is no answer of S3's


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "DELETE"])
@pytest.mark.parametrize(
    "status", [199, 201, 202, 203, 205, 206, 207, 300, 301, 302, 303, 304, 307, 308]
)
def test_no_status_of_s3(server: Server, store: FaultyNetwork, status: int, method: str) -> None:
    lines = [b"Location: http://127.0.0.1:1/", b"Content-Length: 0", b'ETag: "x"']
    store.answer_by(lambda _: head(status, *lines))
    answer = Wire(server).send(method, f"/{BUCKET}/key", b"body" if method == "PUT" else b"")
    assert answer.status == 503
    assert "location" not in answer.headers
    if method != "HEAD":
        assert answer.code == "ServiceUnavailable"
        assert "remote far" in answer.message
    lives(server)


@pytest.mark.parametrize("status", [100, 101, 103])
def test_interim_answers_are_none(server: Server, store: FaultyNetwork, status: int) -> None:
    truth = head(200, b"Content-Length: 5") + b"hello"
    store.answer_by(lambda _: b"HTTP/1.1 %d Wait\r\n\r\n" % status)
    assert Wire(server).send("GET", f"/{BUCKET}/key").status == 503
    if status != 101:
        store.answer_by(lambda _: b"HTTP/1.1 %d Wait\r\nLink: x\r\n\r\n" % status + truth)
        answer = Wire(server).send("GET", f"/{BUCKET}/key")
        assert (answer.status, answer.body) == (200, b"hello")
        assert "link" not in answer.headers
    lives(server)


@pytest.mark.parametrize(
    ("status", "body", "told", "code"),
    [
        (500, b"", 503, "ServiceUnavailable"),
        (502, b"<html>Bad Gateway</html>", 503, "ServiceUnavailable"),
        (503, b"", 503, "ServiceUnavailable"),
        (404, b"<html>no such page</html>", 503, "ServiceUnavailable"),
        (418, b"{}", 503, "ServiceUnavailable"),
        (404, b"", 404, "NoSuchKey"),
        (403, b"", 403, "AccessDenied"),
        (412, b"", 412, "PreconditionFailed"),
        (404, b"<Error><Code>NoSuchKey</Code></Error>", 404, "NoSuchKey"),
        (409, b"<?xml version='1.0'?><Error><Code>Own</Code></Error>", 409, "Own"),
    ],
)
def test_refusals(
    server: Server, store: FaultyNetwork, status: int, body: bytes, told: int, code: str
) -> None:
    """S3's own go to the client as they are, others never look like one."""
    store.answer_by(lambda _: head(status, b"Content-Length: %d" % len(body)) + body)
    answer = Wire(server).send("GET", f"/{BUCKET}/key")
    assert (answer.status, answer.code) == (told, code)
    lives(server)


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT"])
@pytest.mark.parametrize("status", [301, 307, 400])
def test_another_region(server: Server, store: FaultyNetwork, status: int, method: str) -> None:
    """As AWS tells it, in the head and, where there is one, in the body."""
    code = "AuthorizationHeaderMalformed" if status == 400 else "PermanentRedirect"
    body = b"" if method == "HEAD" else f"<Error><Code>{code}</Code></Error>".encode()
    lines = [b"x-amz-bucket-region: eu-west-1", b"Content-Length: %d" % len(body)]
    store.answer_by(lambda _: head(status, *lines) + body)
    answer = Wire(server).send(method, f"/{BUCKET}/key", b"x" if method == "PUT" else b"")
    sentence = "lies in the region eu-west-1: set the remote's region to it"
    assert answer.status == 403
    assert method == "HEAD" or sentence in answer.message
    assert sentence in server.log.read_text()


ERROR = b"<Error><Code>InternalError</Code><Message>m</Message></Error>"


def test_a_write_that_sounds_like_a_success(server: Server, store: FaultyNetwork) -> None:
    wire, path = Wire(server), f"/{BUCKET}/key"
    length = b"Content-Length: %d" % len(ERROR)
    store.answer_by(lambda _: head(200, length, b'ETag: "x"') + ERROR)
    for method, target in (("PUT", path), ("POST", f"{path}?uploadId=u"), ("DELETE", path)):
        answer = wire.send(method, target, b"<x/>")
        assert (answer.status, answer.code) == (500, "InternalError")
    assert wire.send("GET", path).body == ERROR  # an object may be anything
    store.answer_by(lambda _: head(200, b"Content-Length: 0"))
    for target in (path, f"{path}?partNumber=1&uploadId=u"):
        answer = wire.send("PUT", target, b"body")
        assert (answer.status, answer.code) == (503, "ServiceUnavailable")
        assert "it has no ETag" in answer.message
    lives(server)


@pytest.mark.parametrize("page", [b"<html>Please log in</html>", b""])
def test_a_page_in_the_stores_place(server: Server, store: FaultyNetwork, page: bytes) -> None:
    """Clients take the 200 for an upload that is complete."""
    wire, path = Wire(server), f"/{BUCKET}/key"
    store.answer_by(lambda _: head(200, b"Content-Length: %d" % len(page)) + page)
    source = {"x-amz-copy-source": f"{BUCKET}/other"}
    for method, target, headers in (
        ("POST", f"{path}?uploads", {}),
        ("POST", f"{path}?uploadId=u", {}),
        ("PUT", path, source),
        ("PUT", f"{path}?partNumber=1&uploadId=u", source),
    ):
        answer = wire.send(method, target, b"", headers)
        assert (answer.status, answer.code) == (503, "ServiceUnavailable")
        assert "cannot be passed on" in answer.message
    lives(server)


@pytest.mark.parametrize("noise", [b"hello", b"HTTP/1.1 000 Odd\r\n\r\n", b"\x16\x03\x01\x02"])
def test_noise_is_a_store_that_is_away(server: Server, store: FaultyNetwork, noise: bytes) -> None:
    store.answer_by(lambda _: noise)
    document = b"<Delete><Object><Key>key</Key></Object></Delete>"
    answer = Wire(server).send(
        "POST",
        f"/{BUCKET}?delete",
        document,
        {"Content-MD5": base64.b64encode(hashlib.md5(document).digest()).decode()},
    )
    assert (answer.status, answer.code) == (503, "ServiceUnavailable")
    lives(server)


# What a HEAD is refused for


def far_date(head: bytes) -> datetime:
    line = next(x for x in head.split(b"\r\n") if x.lower().startswith(b"x-amz-date:"))
    return datetime.strptime(line.decode().split()[1], "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)


def test_a_head_learns_the_remotes_clock(server: Server, store: FaultyNetwork) -> None:
    def answer(asked: bytes) -> bytes:
        now = datetime.now(UTC) + timedelta(hours=2)
        date = b"Date: " + format_datetime(now, usegmt=True).encode()
        near = abs(far_date(asked) - now) < timedelta(minutes=15)
        return head(200 if near else 403, date, b"Content-Length: 5")

    store.answer_by(answer)
    assert server.client("s3").head_object(Bucket=BUCKET, Key="key")["ContentLength"] == 5
    assert store.answer_times == 2


def keys_command(folder: Path, *lines: str) -> str:
    """Counts how often it was asked."""
    program = folder / "keys"
    text = "\n".join(["#!/bin/sh", f"echo asked >>{folder}/asked", *lines, ""])
    program.write_text(text)
    program.chmod(0o755)
    (folder / "asked").touch()
    return f"remote.far.credentials=command:{program}"


def asked(folder: Path) -> int:
    return len((folder / "asked").read_text().splitlines())


def test_a_head_renews_the_keys(
    store: FaultyNetwork, new_server: Callable[..., Server], tmp_path: Path
) -> None:
    """Not at once: a HEAD is refused for many reasons, and does not say which."""
    keys = {"Version": 1, "AccessKeyId": "key-$(wc -l <asked)", "SecretAccessKey": "secret"}
    told = json.dumps(keys).replace("<asked", f"<{tmp_path}/asked")
    command = keys_command(tmp_path, f"cat <<END\n{told}\nEND")
    server = new_server(*settings(store), command)
    s3 = server.client("s3")
    store.answer_by(
        lambda asked: head(200 if b"Credential=key-2/" in asked else 400, b"Content-Length: 5")
    )

    def answers() -> bool:
        with contextlib.suppress(ClientError):
            return bool(s3.head_object(Bucket=BUCKET, Key="key")["ContentLength"] == 5)
        return False

    assert not answers()
    assert not answers()
    assert asked(tmp_path) == 1
    wait_for(answers, every=0.2)
    assert asked(tmp_path) == 2


ENDED = {"AccessKeyId": "a", "SecretAccessKey": "b", "Expiration": "2001-01-01T00:00:00Z"}


@pytest.mark.parametrize(
    "lines",
    [["echo no keys >&2", "exit 1"], [f"echo '{json.dumps({'Version': 1} | ENDED)}'"]],
    ids=["no keys", "keys that have ended"],
)
def test_a_command_that_fails_is_not_run_for_every_request(
    store: FaultyNetwork, new_server: Callable[..., Server], tmp_path: Path, lines: list[str]
) -> None:
    server = new_server(*settings(store), keys_command(tmp_path, *lines))
    wire = Wire(server)
    for _ in range(50):
        answer = wire.send("GET", f"/{BUCKET}/key")
        assert answer.status == 503
        assert "No credentials: the command" in answer.message
    assert asked(tmp_path) < 25
    before = asked(tmp_path)
    wait_for(lambda: wire.send("GET", f"/{BUCKET}/key").status == 503 and asked(tmp_path) > before)


def test_a_head_with_a_body_stays_one(server: Server, store: FaultyNetwork) -> None:
    heads: list[bytes] = []

    def answer(asked: bytes) -> bytes:
        heads.append(asked)
        return head(200, b"Content-Length: 5")

    store.answer_by(answer)
    assert Wire(server).send("HEAD", f"/{BUCKET}/key", b"body").status == 200
    assert [one.split()[0] for one in heads] == [b"HEAD"]
    assert b"content-length" not in heads[0].lower()


def test_the_size_of_objects_is_the_remotes_matter(
    store: FaultyNetwork, new_server: Callable[..., Server]
) -> None:
    server = new_server(
        *settings(store),
        "remote.far.access_key_id=key",
        "remote.far.secret_access_key=secret",
        "results.max_object=1MiB",
    )
    store.answer_by(lambda _: head(200, b"Content-Length: 0", b'ETag: "x"'))
    body = b"x" * (2 * 1024 * 1024)
    assert Wire(server).send("PUT", f"/{BUCKET}/key", body).status == 200
    assert store.answer_times == 1


# What is not verified does not leave


@pytest.mark.parametrize("payload", [SIGNED, SIGNED_TRAILER, UNSIGNED_TRAILER])
def test_an_empty_body_is_verified_first(
    server: Server, store: FaultyNetwork, payload: str
) -> None:
    store.answer_by(lambda _: head(200, b"Content-Length: 0", b'ETag: "x"'))
    trailer = ("x-amz-checksum-crc32", "AAAAAQ==")
    headers = {} if payload == SIGNED else {"x-amz-trailer": trailer[0]}
    upload = Upload(Wire(server), f"/{BUCKET}/empty", payload, 0, headers)
    if payload == UNSIGNED_TRAILER:
        body = unsigned_body(b"", 65_536, ":".join(trailer))
    elif payload == SIGNED_TRAILER:
        body = signed_body(upload.chain, b"", 65_536, trailer)
    else:
        body = b"0;chunk-signature=" + b"0" * 64 + b"\r\n\r\n"
    assert status_of(upload.send(body)) in (400, 403)
    assert store.answer_times == 0


def test_what_is_there_twice_is_refused(server: Server, store: FaultyNetwork) -> None:
    """The other S3 might look at the second one."""
    store.answer_by(lambda _: head(200, b"Content-Length: 0"))
    for query in ("prefix=a&prefix=b", "list-type=2&prefix=a&delimiter=%2F&prefix=b"):
        answer = Wire(server).send("GET", f"/{BUCKET}?{query}")
        assert (answer.status, answer.code) == (400, "InvalidArgument")
    assert store.answer_times == 0


# The end


def test_the_server_ends_though_a_replaced_remote_works_still(
    store: FaultyNetwork, new_server: Callable[..., Server]
) -> None:
    """After a SIGHUP only the request under way knows the remote that it goes to."""
    arrived, leave = threading.Event(), threading.Event()

    def never(_: bytes) -> bytes:
        arrived.set()
        leave.wait(60)
        return b""

    server = new_server(
        *settings(store),
        "remote.far.access_key_id=key",
        "remote.far.secret_access_key=secret",
        "server.drain_timeout=1s",
    )
    store.answer_by(never)

    def ask() -> None:
        with contextlib.suppress(Exception):
            get(server)

    client = threading.Thread(target=ask)
    client.start()
    try:
        assert arrived.wait(30)
        os.kill(server.pid, signal.SIGHUP)
        wait_for(lambda: server.log.read_text().count("settings reloaded") > 0)
        assert server.end(signal.SIGTERM, timeout=30) == 0
    finally:
        leave.set()
        client.join()
