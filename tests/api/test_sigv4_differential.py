"""Signatures of botocore are accepted, for random requests and for those that its clients send.

A changed request is refused.
"""

import base64
import json
import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.compat import HTTPHeaders
from botocore.config import Config
from botocore.credentials import Credentials
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

KEY = "AKIAIOSFODNN7EXAMPLE"
SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
REGION = "us-east-1"
HOST = "127.0.0.1:4080"
PROFILE = settings(
    max_examples=300, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)


@dataclass
class Wire:
    """A request as its bytes arrive."""

    method: str
    path: bytes
    query: bytes | None
    headers: list[tuple[str, bytes]] = field(default_factory=list)
    body: bytes = b""


class Checker:
    """The program sigv4_check: a JSON line in, a JSON line out."""

    def __init__(self, program: Path) -> None:
        self.process = subprocess.Popen(
            [str(program)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
        )

    def ask(self, style: str, service: str, wire: Wire, **more: Any) -> dict[str, Any]:
        def text(value: bytes) -> str:
            return base64.b64encode(value).decode()

        question = {
            "op": "verify",
            "style": style,
            "service": service,
            "region": REGION,
            "method": wire.method,
            "path": text(wire.path),
            "query": None if wire.query is None else text(wire.query),
            "headers": [[name, text(value)] for name, value in wire.headers],
            "body": text(wire.body),
            "access_key_id": KEY,
            "secret": SECRET,
            "now_ms": int(datetime.now(UTC).timestamp() * 1000),
        } | more
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.write(json.dumps(question).encode() + b"\n")
        self.process.stdin.flush()
        answer: dict[str, Any] = json.loads(self.process.stdout.readline())
        return answer

    def close(self) -> None:
        assert self.process.stdin
        assert self.process.stdout
        self.process.stdin.close()
        status = self.process.wait(timeout=10)
        self.process.stdout.close()
        assert status == 0


@pytest.fixture(scope="module")
def checker() -> Iterator[Checker]:
    build = Path(os.environ.get("GLAUX_BUILD", "build"))
    checker = Checker(build / "tests" / "unit" / "aws" / "sigv4_check")
    yield checker
    checker.close()


def signed(signer: type[Any], service: str, wire: Wire, token: str | None = None) -> Wire:
    """The request as botocore sends it."""
    url = f"http://{HOST}" + wire.path.decode("latin-1")
    if wire.query is not None:
        url += "?" + wire.query.decode("latin-1")
    request = AWSRequest(method=wire.method, url=url, data=wire.body)
    headers = HTTPHeaders()
    for name, value in wire.headers:
        headers[name] = value.decode("latin-1")
    request.headers = headers
    signer(Credentials(KEY, SECRET, token), service, REGION).add_auth(request)
    parts = urlsplit(request.url)
    assert url.startswith(f"http://{HOST}{parts.path}")
    sent = [(name, value.encode("latin-1")) for name, value in request.headers.items()]
    if "Host" not in request.headers:
        sent.append(("Host", HOST.encode()))
    query = parts.query.encode("latin-1") if parts.query else None
    return Wire(wire.method, wire.path, query, sent, wire.body)


METHODS = st.sampled_from(["GET", "PUT", "POST", "HEAD", "DELETE"])
# A path segment's text before encoding: unicode, '%', blanks, "." and ".." and nothing at all.
SEGMENTS = st.one_of(
    st.sampled_from(["", ".", "..", "...", "%", "%2F", "a b", "a+b", "~", "=", ":@"]),
    st.text(st.characters(codec="utf-8", exclude_characters="/"), max_size=12),
)
PATHS = st.lists(SEGMENTS, max_size=6).map(lambda parts: "/" + "/".join(parts))
TEXTS = st.text(st.characters(codec="utf-8"), max_size=12)
PARAMETERS = st.lists(
    st.tuples(st.text(st.characters(codec="utf-8"), min_size=1, max_size=8), TEXTS), max_size=6
)
# Values as a client may send them: visible ASCII with blanks, also runs of them.
VALUES = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=30)
NAMES = st.sampled_from(
    ["X-Amz-Meta-A", "x-amz-meta-b", "Content-Type", "X-Amz-Target", "If-Match", "Range", "Accept"]
)
HEADERS = st.lists(st.tuples(NAMES, VALUES), max_size=6)
BODIES = st.binary(max_size=200)


def encoded(path: str) -> bytes:
    """As botocore encodes a key into a path."""
    return quote(path.encode(), safe="/~").encode()


def encoded_query(parameters: list[tuple[str, str]]) -> bytes | None:
    pairs = [f"{quote(k, safe='-._~')}={quote(v, safe='-._~')}" for k, v in parameters]
    return "&".join(pairs).encode() if pairs else None


@st.composite
def requests(draw: st.DrawFn) -> Wire:
    names = draw(HEADERS)
    return Wire(
        draw(METHODS),
        encoded(draw(PATHS)),
        encoded_query(draw(PARAMETERS)),
        [(name, value.encode()) for name, value in names],
        draw(BODIES),
    )


@PROFILE
@given(requests(), st.sampled_from(["athena", "sts", "glue"]), st.sampled_from([None, "token/+="]))
def test_header_form(checker: Checker, wire: Wire, service: str, token: str | None) -> None:
    request = signed(SigV4Auth, service, wire, token)
    answer = checker.ask("standard", service, request)
    assert answer["result"] == "ok", answer
    assert answer["access_key_id"] == KEY
    assert answer["session_token"] == (token or "")
    assert answer["peek"] == service


@PROFILE
@given(requests())
def test_s3_header_form(checker: Checker, wire: Wire) -> None:
    request = signed(S3SigV4Auth, "s3", wire)
    answer = checker.ask("s3", "s3", request)
    assert answer["result"] == "ok", answer


@PROFILE
@given(requests())
def test_query_form(checker: Checker, wire: Wire) -> None:
    wire.body = b""  # botocore would move it into the query
    answer = checker.ask("standard", "sts", signed(SigV4QueryAuth, "sts", wire))
    assert answer["result"] == "ok", answer
    assert answer["peek"] == "sts"


@PROFILE
@given(requests(), st.sampled_from([None, "token/+="]))
def test_s3_query_form(checker: Checker, wire: Wire, token: str | None) -> None:
    body, wire.body = wire.body, b""
    request = signed(S3SigV4QueryAuth, "s3", wire, token)
    request.body = body  # a presigned body is not signed
    answer = checker.ask("s3", "s3", request)
    assert answer["result"] == "ok", answer
    assert answer["session_token"] == (token or "")


def flipped(value: bytes, bit: int) -> bytes:
    at = bit // 8 % len(value)
    return value[:at] + bytes([value[at] ^ (1 << bit % 8)]) + value[at + 1 :]


def changed(wire: Wire, part: str, bit: int) -> Wire | None:
    """The request with one bit of a signed part turned; None if the change means the same."""
    if part == "method":
        return Wire("PATCH", wire.path, wire.query, wire.headers, wire.body)
    if part == "body" and wire.body:
        return Wire(wire.method, wire.path, wire.query, wire.headers, flipped(wire.body, bit))
    if part == "query" and wire.query:
        query = wire.query + b"&" + bytes([97 + bit % 26])
        return Wire(wire.method, wire.path, query, wire.headers, wire.body)
    if part == "path":
        path = wire.path + bytes([97 + bit % 26])
        return Wire(wire.method, path, wire.query, wire.headers, wire.body)
    if part == "header":
        at = bit % len(wire.headers)
        name, value = wire.headers[at]
        headers = [*wire.headers[:at], (name, value + b"x"), *wire.headers[at + 1 :]]
        return Wire(wire.method, wire.path, wire.query, headers, wire.body)
    return None


PARTS = st.sampled_from(["method", "body", "query", "path", "header"])


@PROFILE
@given(requests(), PARTS, st.integers(0, 4000), st.booleans())
def test_changed_request_is_refused(
    checker: Checker, wire: Wire, part: str, bit: int, s3: bool
) -> None:
    style, service = ("s3", "s3") if s3 else ("standard", "athena")
    request = signed(S3SigV4Auth if s3 else SigV4Auth, service, wire)
    tampered = changed(request, part, bit)
    assume(tampered is not None)
    assert tampered
    answer = checker.ask(style, service, tampered)
    assert answer["result"] != "ok"


@PROFILE
@given(requests(), st.booleans())
def test_own_signer_agrees(checker: Checker, wire: Wire, s3: bool) -> None:
    style, service = ("s3", "s3") if s3 else ("standard", "athena")
    request = signed(S3SigV4Auth if s3 else SigV4Auth, service, wire)
    theirs = dict(request.headers)["Authorization"].decode()
    headers = [(name, value) for name, value in request.headers if name != "Authorization"]
    unsigned = Wire(request.method, request.path, request.query, headers, request.body)
    answer = checker.ask(style, service, unsigned, op="sign")
    assert answer["authorization"] == theirs


# Anything at all in the places that carry a signature: refused in words, never accepted.
JUNK = st.one_of(
    st.binary(max_size=80),
    st.builds(
        lambda c, h, s: (
            f"AWS4-HMAC-SHA256 Credential={c}, SignedHeaders={h}, Signature={s}".encode()
        ),
        st.sampled_from(
            [f"{KEY}/20261123/us-east-1/athena/aws4_request", "a/b/c/d/e/f", "", "////"]
        ),
        st.sampled_from(["host", "host;x-amz-date", "", ";", "Host", "x-amz-date;host", "a;a"]),
        st.text(st.sampled_from("0123456789abcdefXYZ,= "), max_size=66),
    ),
)


@PROFILE
@given(JUNK, st.sampled_from(["standard", "s3"]))
def test_junk_is_refused(checker: Checker, junk: bytes, style: str) -> None:
    headers = [
        ("Host", HOST.encode()),
        ("X-Amz-Date", b"20261123T120000Z"),
        ("Authorization", junk),
    ]
    wire = Wire("POST", b"/", None, headers)
    answer = checker.ask(style, "s3" if style == "s3" else "athena", wire)
    assert answer["result"].startswith("ERR_")
    assert answer["result"] != "ERR_INTERNAL"
    assert answer["text"]


def test_old_time_is_refused(checker: Checker) -> None:
    request = signed(SigV4Auth, "athena", Wire("POST", b"/", None, [], b"{}"))
    later = int(datetime.now(UTC).timestamp() * 1000) + 301_000
    assert (
        checker.ask("standard", "athena", request, now_ms=later)["result"] == "ERR_SIGNATURE_SKEWED"
    )
    assert checker.ask("standard", "athena", request, now_ms=later - 20_000)["result"] == "ok"


class CapturedError(Exception):
    """Ends a call before it is sent."""


def captured(service: str, operation: str, token: str | None, **parameters: Any) -> Wire:
    """The request that a boto3 client sends for an operation."""
    client = boto3.client(
        service,
        endpoint_url=f"http://{HOST}",
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        aws_session_token=token,
    )
    caught: list[Any] = []

    def catch(request: Any, **_: Any) -> None:
        caught.append(request)
        raise CapturedError

    client.meta.events.register("before-send", catch)
    with pytest.raises(CapturedError):
        getattr(client, operation)(**parameters)
    return wire_of(caught[0].method, caught[0].url, caught[0].headers.items(), caught[0].body)


def wire_of(method: str, url: str, headers: Any, body: Any) -> Wire:
    parts = urlsplit(url)
    content = body.read() if hasattr(body, "read") else body or b""
    sent = [
        (name, value if isinstance(value, bytes) else value.encode("latin-1"))
        for name, value in headers
    ]
    if not any(name.lower() == "host" for name, _ in sent):
        sent.append(("Host", HOST.encode()))
    return Wire(
        method,
        parts.path.encode(),
        parts.query.encode() if parts.query else None,
        sent,
        content if isinstance(content, bytes) else content.encode(),
    )


OBJECT = {"Bucket": "bucket", "Key": "a b/+=&%/\u00e9~(1)!*'//x/../y"}
CALLS: list[tuple[str, str, dict[str, Any]]] = [
    ("athena", "list_work_groups", {}),
    ("athena", "start_session", {"WorkGroup": "spark", "EngineConfiguration": {}}),
    ("glue", "get_databases", {}),
    ("sts", "get_caller_identity", {}),
    ("s3", "list_buckets", {}),
    ("s3", "create_bucket", {"Bucket": "bucket"}),
    ("s3", "put_object", OBJECT | {"Body": b"data", "Metadata": {"k": "two  words"}}),
    ("s3", "get_object", OBJECT | {"Range": "bytes=0-9"}),
    ("s3", "head_object", OBJECT),
    ("s3", "delete_object", OBJECT),
    ("s3", "copy_object", OBJECT | {"CopySource": {"Bucket": "b", "Key": "k \u00e9"}}),
    ("s3", "create_multipart_upload", OBJECT),
    ("s3", "upload_part", OBJECT | {"UploadId": "u+/=", "PartNumber": 1, "Body": b"data"}),
    ("s3", "delete_objects", {"Bucket": "bucket", "Delete": {"Objects": [{"Key": "k"}]}}),
    (
        "s3",
        "list_objects_v2",
        {"Bucket": "bucket", "Prefix": "a/b c+&=", "Delimiter": "/", "ContinuationToken": "+/="},
    ),
]


@pytest.mark.parametrize("token", [None, "temporary/+="])
@pytest.mark.parametrize(("service", "operation", "parameters"), CALLS)
def test_clients_requests(
    checker: Checker, service: str, operation: str, parameters: dict[str, Any], token: str | None
) -> None:
    wire = captured(service, operation, token, **parameters)
    answer = checker.ask("s3" if service == "s3" else "standard", service, wire)
    assert answer["result"] == "ok", answer
    assert answer["session_token"] == (token or "")


@pytest.mark.parametrize(
    ("service", "operation", "parameters", "method"),
    [
        ("s3", "get_object", OBJECT | {"ResponseContentType": "text/plain; x=y"}, "GET"),
        ("s3", "put_object", OBJECT, "PUT"),
        ("s3", "list_objects_v2", {"Bucket": "bucket", "Prefix": "a b"}, "GET"),
        ("sts", "get_caller_identity", {}, "GET"),
    ],
)
def test_presigned_urls(
    checker: Checker, service: str, operation: str, parameters: dict[str, Any], method: str
) -> None:
    client = boto3.client(
        service,
        endpoint_url=f"http://{HOST}",
        region_name=REGION,
        aws_access_key_id=KEY,
        aws_secret_access_key=SECRET,
        config=Config(signature_version="s3v4" if service == "s3" else "v4"),
    )
    url = client.generate_presigned_url(
        operation, Params=parameters, ExpiresIn=60, HttpMethod=method
    )
    wire = wire_of(method, url, [], b"body" if method == "PUT" else b"")
    style = "s3" if service == "s3" else "standard"
    assert checker.ask(style, service, wire)["result"] == "ok"
    later = int(datetime.now(UTC).timestamp() * 1000) + 61_000
    expired = checker.ask(style, service, wire, now_ms=later)
    assert expired["result"] == "ERR_SIGNATURE_EXPIRED"
