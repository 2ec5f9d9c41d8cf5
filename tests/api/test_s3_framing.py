"""Every framing of an upload, on the raw wire, with a signer of our own for the chunks."""

import base64
import hashlib
import hmac
import os
import socket
import zlib
from collections.abc import Iterator
from typing import Any

import pytest
from s3_wire import Wire

SIGNED = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD"
SIGNED_TRAILER = "STREAMING-AWS4-HMAC-SHA256-PAYLOAD-TRAILER"
UNSIGNED_TRAILER = "STREAMING-UNSIGNED-PAYLOAD-TRAILER"
CRC32 = "x-amz-checksum-crc32"
SIZES = [0, 1, 5, 8192, 100_000, 3_000_000]


def crc32(data: bytes) -> str:
    return base64.b64encode(zlib.crc32(data).to_bytes(4, "big")).decode()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


class Chain:
    """The signatures of chunks that follow a request's."""

    def __init__(self, wire: Wire, signed: dict[str, str]) -> None:
        fields = dict(
            part.strip().split("=", 1)
            for part in signed["Authorization"].split(" ", 1)[1].split(",")
        )
        self.time = signed["X-Amz-Date"]
        self.scope = fields["Credential"].split("/", 1)[1]
        self.before = fields["Signature"]
        self.key = ("AWS4" + wire.credentials.secret_key).encode()
        for step in self.scope.split("/"):
            self.key = hmac.new(self.key, step.encode(), hashlib.sha256).digest()

    def sign(self, kind: str, *hashes: str) -> str:
        text = "\n".join([f"AWS4-HMAC-SHA256-{kind}", self.time, self.scope, self.before, *hashes])
        self.before = hmac.new(self.key, text.encode(), hashlib.sha256).hexdigest()
        return self.before

    def chunk(self, data: bytes) -> bytes:
        signature = self.sign("PAYLOAD", sha256(b""), sha256(data))
        return f"{len(data):x};chunk-signature={signature}\r\n".encode() + data

    def trailer(self, name: str, value: str, end: str = "\r\n") -> bytes:
        signature = self.sign("TRAILER", sha256(f"{name}:{value}\n".encode()))
        return f"{name}:{value}{end}x-amz-trailer-signature:{signature}\r\n".encode()


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    for at in range(0, len(data), size):
        yield data[at : at + size]


def unsigned_body(data: bytes, size: int, trailer: str = "") -> bytes:
    body = b"".join(f"{len(p):x}\r\n".encode() + p + b"\r\n" for p in pieces(data, size))
    return body + b"0\r\n" + (f"{trailer}\r\n" if trailer else "").encode() + b"\r\n"


def signed_body(chain: Chain, data: bytes, size: int, trailer: tuple[str, str] | None) -> bytes:
    body = b"".join(chain.chunk(p) + b"\r\n" for p in pieces(data, size)) + chain.chunk(b"")
    return body + (chain.trailer(*trailer) if trailer else b"") + b"\r\n"


class Upload:
    """One upload over one connection; the body may be cut anywhere and be chunked once more."""

    def __init__(
        self, wire: Wire, target: str, payload: str, length: int | None, headers: dict[str, str]
    ) -> None:
        self.wire, self.target = wire, target
        given = dict(headers)
        if length is not None:
            given["x-amz-decoded-content-length"] = str(length)
        self.headers = wire.sign("PUT", target, given, payload)
        self.chain = Chain(wire, self.headers)

    def send(self, body: bytes, chunked: bool = False, step: int = 65_536) -> bytes:
        framing = "Transfer-Encoding: chunked" if chunked else f"Content-Length: {len(body)}"
        head = f"PUT {self.target} HTTP/1.1\r\nHost: {self.wire.host}\r\n{framing}\r\n"
        head += "".join(f"{name}: {value}\r\n" for name, value in self.headers.items())
        with self.wire.socket() as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            connection.sendall(head.encode() + b"Connection: close\r\n\r\n")
            try:
                for piece in pieces(body, step):
                    framed = f"{len(piece):x}\r\n".encode() + piece + b"\r\n"
                    connection.sendall(framed if chunked else piece)
                connection.sendall(b"0\r\n\r\n" if chunked else b"")
            except (BrokenPipeError, ConnectionResetError):
                pass  # it was refused before its end
            answer = b""
            while part := connection.recv(65_536):
                answer += part
        return answer


def status(answer: bytes) -> int:
    return int(answer.split(b" ", 2)[1])


def refused(answer: bytes, code: str, want: int = 400) -> None:
    assert (status(answer), f"<Code>{code}</Code>".encode() in answer) == (want, True), answer


def stored(s3: Any, bucket: str, key: str) -> Any:
    return s3.get_object(Bucket=bucket, Key=key, ChecksumMode="ENABLED")


def absent(s3: Any, bucket: str, key: str) -> bool:
    return bool(s3.list_objects_v2(Bucket=bucket, Prefix=key)["KeyCount"] == 0)


def payload_of(length: int) -> bytes:
    return os.urandom(length)


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("length", SIZES)
def test_signed_chunks(s3: Any, wire: Wire, bucket: str, length: int, chunked: bool) -> None:
    data = payload_of(length)
    upload = Upload(wire, f"/{bucket}/signed", SIGNED, length, {"Content-Encoding": "aws-chunked"})
    assert status(upload.send(signed_body(upload.chain, data, 65_536, None), chunked)) == 200
    got = stored(s3, bucket, "signed")
    assert got["Body"].read() == data
    assert "ContentEncoding" not in got


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("length", SIZES)
def test_signed_trailer(s3: Any, wire: Wire, bucket: str, length: int, chunked: bool) -> None:
    data = payload_of(length)
    headers = {"x-amz-trailer": CRC32, "x-amz-sdk-checksum-algorithm": "CRC32"}
    headers["Content-Encoding"] = "gzip,aws-chunked"
    upload = Upload(wire, f"/{bucket}/trailer", SIGNED_TRAILER, length, headers)
    body = signed_body(upload.chain, data, 65_536, (CRC32, crc32(data)))
    assert status(upload.send(body, chunked)) == 200
    got = stored(s3, bucket, "trailer")
    assert got["Body"].read() == data
    assert (got["ChecksumCRC32"], got["ContentEncoding"]) == (crc32(data), "gzip")


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("length", SIZES)
def test_unsigned_trailer(s3: Any, wire: Wire, bucket: str, length: int, chunked: bool) -> None:
    data = payload_of(length)
    upload = Upload(wire, f"/{bucket}/unsigned", UNSIGNED_TRAILER, length, {"x-amz-trailer": CRC32})
    body = unsigned_body(data, 65_536, f"{CRC32}:{crc32(data)}")
    answer = upload.send(body, chunked)
    assert status(answer) == 200
    assert f"{CRC32}: {crc32(data)}".encode() in answer
    got = stored(s3, bucket, "unsigned")
    assert (got["Body"].read(), got["ChecksumCRC32"]) == (data, crc32(data))


MINIO_GO = "\n\r\n"  # how MinIO's client for Go ends the trailer's line


def test_a_trailers_line_as_minios_client_ends_it(s3: Any, wire: Wire, bucket: str) -> None:
    data = payload_of(1000)
    headers = {"x-amz-trailer": CRC32}
    upload = Upload(wire, f"/{bucket}/minio", SIGNED_TRAILER, len(data), headers)
    body = upload.chain.chunk(data) + b"\r\n" + upload.chain.chunk(b"")
    body += upload.chain.trailer(CRC32, crc32(data), MINIO_GO) + b"\r\n"
    assert status(upload.send(body)) == 200
    assert stored(s3, bucket, "minio")["ChecksumCRC32"] == crc32(data)
    upload = Upload(wire, f"/{bucket}/unsigned", UNSIGNED_TRAILER, len(data), headers)
    body = unsigned_body(data, 1000, f"{CRC32}:{crc32(data)}\n")
    assert status(upload.send(body)) == 200
    assert stored(s3, bucket, "unsigned")["ChecksumCRC32"] == crc32(data)


@pytest.mark.parametrize("length", SIZES)
def test_chunked_transfer_alone(s3: Any, wire: Wire, bucket: str, length: int) -> None:
    data = payload_of(length)
    upload = Upload(wire, f"/{bucket}/plain", "UNSIGNED-PAYLOAD", None, {CRC32: crc32(data)})
    assert status(upload.send(data, chunked=True)) == 200
    assert stored(s3, bucket, "plain")["Body"].read() == data
    upload = Upload(wire, f"/{bucket}/hashed", sha256(data), None, {})
    assert status(upload.send(data, chunked=True)) == 200
    upload = Upload(wire, f"/{bucket}/wrong", sha256(b"other"), None, {})
    refused(upload.send(data, chunked=True), "XAmzContentSHA256Mismatch")
    assert absent(s3, bucket, "wrong")


@pytest.mark.parametrize("step", [1, 2, 7])
@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
def test_chunks_of_one_byte_and_reads_anywhere(
    s3: Any, wire: Wire, bucket: str, chunked: bool, step: int
) -> None:
    data = payload_of(9)
    headers = {"x-amz-trailer": CRC32}
    upload = Upload(wire, f"/{bucket}/tiny", SIGNED_TRAILER, len(data), headers)
    body = signed_body(upload.chain, data, 1, (CRC32, crc32(data)))
    assert status(upload.send(body, chunked, step)) == 200
    assert stored(s3, bucket, "tiny")["Body"].read() == data


def test_every_algorithm_as_trailer(s3: Any, wire: Wire, bucket: str) -> None:
    digests = {
        "crc32": "cbf43926",
        "crc32c": "e3069283",
        "crc64nvme": "ae8b14860a799888",
        "sha1": hashlib.sha1(b"123456789").hexdigest(),
        "sha256": sha256(b"123456789"),
    }
    for name, digest in digests.items():
        header = f"x-amz-checksum-{name}"
        value = base64.b64encode(bytes.fromhex(digest)).decode()
        for sent, want in ((value, 200), (base64.b64encode(bytes(len(digest) // 2)).decode(), 400)):
            upload = Upload(
                wire, f"/{bucket}/{name}{want}", UNSIGNED_TRAILER, 9, {"x-amz-trailer": header}
            )
            answer = upload.send(unsigned_body(b"123456789", 9, f"{header}:{sent}"))
            assert status(answer) == want
            assert absent(s3, bucket, f"{name}{want}") == (want == 400)


# What is wrong stores nothing


@pytest.mark.parametrize("length", [10, 100_000, 3_000_000])
def test_a_changed_byte_is_found(s3: Any, wire: Wire, bucket: str, length: int) -> None:
    data = payload_of(length)
    for place in ("data", "signature", "trailer"):
        headers = {"x-amz-trailer": CRC32}
        upload = Upload(wire, f"/{bucket}/changed", SIGNED_TRAILER, length, headers)
        body = bytearray(signed_body(upload.chain, data, 65_536, (CRC32, crc32(data))))
        at = {"data": 100, "signature": 30, "trailer": len(body) - 10}[place]
        body[at] = ord("a") if body[at] != ord("a") else ord("b")
        refused(upload.send(bytes(body)), "SignatureDoesNotMatch", 403)
        assert absent(s3, bucket, "changed")


def test_chunks_out_of_order(s3: Any, wire: Wire, bucket: str) -> None:
    upload = Upload(wire, f"/{bucket}/order", SIGNED, 16, {})
    first, second = upload.chain.chunk(b"8 bytes."), upload.chain.chunk(b"8 others")
    last = upload.chain.chunk(b"")
    refused(
        upload.send(second + b"\r\n" + first + b"\r\n" + last + b"\r\n"),
        "SignatureDoesNotMatch",
        403,
    )
    assert absent(s3, bucket, "order")


@pytest.mark.parametrize("chunked", [False, True], ids=["length", "chunked"])
@pytest.mark.parametrize("cut", [1, 2, 3, 20, 90, 1_000_000])
def test_a_missing_end(s3: Any, wire: Wire, bucket: str, cut: int, chunked: bool) -> None:
    data = payload_of(2_000_000)
    upload = Upload(wire, f"/{bucket}/end", SIGNED, len(data), {})
    body = signed_body(upload.chain, data, 65_536, None)
    refused(upload.send(body[:-cut], chunked), "IncompleteBody")
    assert absent(s3, bucket, "end")


@pytest.mark.parametrize("promised", [0, 99_999, 100_001, 2_000_000])
def test_a_wrong_decoded_length(s3: Any, wire: Wire, bucket: str, promised: int) -> None:
    upload = Upload(wire, f"/{bucket}/promise", UNSIGNED_TRAILER, promised, {})
    refused(upload.send(unsigned_body(payload_of(100_000), 8192)), "IncompleteBody")
    assert absent(s3, bucket, "promise")


@pytest.mark.parametrize(
    ("trailer", "code"),
    [
        ("", "MalformedTrailerError"),
        ("x-amz-checksum-crc32c:AAAAAA==", "MalformedTrailerError"),
        ("no colon", "MalformedTrailerError"),
        (f"{CRC32}:AAAAAA==", "BadDigest"),
        (f"{CRC32}:AAAA", "InvalidRequest"),
        (f"{CRC32}:", "InvalidRequest"),
    ],
)
def test_a_wrong_trailer(s3: Any, wire: Wire, bucket: str, trailer: str, code: str) -> None:
    upload = Upload(wire, f"/{bucket}/bad", UNSIGNED_TRAILER, 5, {"x-amz-trailer": CRC32})
    refused(upload.send(unsigned_body(b"hello", 5, trailer)), code)
    assert absent(s3, bucket, "bad")


@pytest.mark.parametrize(
    ("payload", "headers", "code", "want"),
    [
        (SIGNED, {}, "MissingContentLength", 411),
        (SIGNED, {"x-amz-decoded-content-length": "x"}, "InvalidArgument", 400),
        (SIGNED, {"x-amz-decoded-content-length": str(6 * 1024**3)}, "EntityTooLarge", 400),
        ("UNSIGNED-PAYLOAD", {"Content-Encoding": "aws-chunked"}, "NotImplemented", 501),
        ("UNSIGNED-PAYLOAD", {"x-amz-trailer": CRC32}, "InvalidRequest", 400),
        (
            UNSIGNED_TRAILER,
            {"x-amz-decoded-content-length": "5", "x-amz-trailer": "x-amz-checksum-md5"},
            "InvalidRequest",
            400,
        ),
        (
            UNSIGNED_TRAILER,
            {"x-amz-decoded-content-length": "5", "x-amz-trailer": CRC32, CRC32: "NhCmhg=="},
            "InvalidRequest",
            400,
        ),
        ("STREAMING-AWS4-ECDSA-P256-SHA256-PAYLOAD", {}, "InvalidArgument", 400),
    ],
)
def test_heads_that_make_no_sense(
    s3: Any, wire: Wire, bucket: str, payload: str, headers: dict[str, str], code: str, want: int
) -> None:
    upload = Upload(wire, f"/{bucket}/head", payload, None, headers)
    refused(upload.send(b"5\r\nhello\r\n0\r\n\r\n"), code, want)
    assert absent(s3, bucket, "head")


def test_a_bad_chunk_is_told_before_the_end(s3: Any, wire: Wire, bucket: str) -> None:
    """The rest of a large body need not be sent."""
    upload = Upload(wire, f"/{bucket}/early", SIGNED, 4 * 1024**3, {})
    head = f"PUT {upload.target} HTTP/1.1\r\nHost: {wire.host}\r\nContent-Length: {5 * 1024**3}\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in upload.headers.items())
    with wire.socket() as connection:
        connection.sendall(head.encode() + b"\r\n")
        first = bytearray(upload.chain.chunk(bytes(1_000_000)))
        first[1000] = 1
        connection.sendall(bytes(first) + b"\r\n")
        refused(connection.recv(65_536), "SignatureDoesNotMatch", 403)
    assert absent(s3, bucket, "early")


# Expect: 100-continue


def expecting(wire: Wire, target: str, headers: dict[str, str] | None = None) -> bytes:
    """Sends the head of a large upload alone; returns what comes then."""
    signed = wire.sign("PUT", target, headers or {}, "UNSIGNED-PAYLOAD")
    head = f"PUT {target} HTTP/1.1\r\nHost: {wire.host}\r\nContent-Length: {5 * 1024**3}\r\n"
    head += "Expect: 100-continue\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    with wire.socket() as connection:
        connection.sendall(head.encode() + b"\r\n")
        return connection.recv(65_536)


def test_what_is_refused_at_its_head_spares_the_body(s3: Any, wire: Wire, bucket: str) -> None:
    s3.put_object(Bucket=bucket, Key="there", Body=b"")
    refused(expecting(wire, "/no-such-bucket/a"), "NoSuchBucket", 404)
    refused(expecting(wire, f"/{bucket}/there", {"If-None-Match": "*"}), "PreconditionFailed", 412)
    refused(expecting(wire, f"/{bucket}/a", {"If-Match": '"x"'}), "NoSuchKey", 404)
    assert expecting(wire, f"/{bucket}/a") == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_a_document_may_come_in_chunks(wire: Wire) -> None:
    target = f"/{new_bucket_name()}"
    signed = wire.sign("PUT", target, {}, sha256(b""))
    head = f"PUT {target} HTTP/1.1\r\nHost: {wire.host}\r\nTransfer-Encoding: chunked\r\n"
    head += "".join(f"{name}: {value}\r\n" for name, value in signed.items())
    with wire.socket() as connection:
        connection.sendall(head.encode() + b"Connection: close\r\n\r\n0\r\n\r\n")
        assert status(connection.recv(65_536)) == 200


def new_bucket_name() -> str:
    return f"chunks-{os.urandom(8).hex()}"
