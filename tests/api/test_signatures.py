"""What is wrong with a signature has a name and a status in each protocol: the reference's."""

from __future__ import annotations

import http.client
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import botocore.auth
import pytest
from botocore.auth import S3SigV4Auth, S3SigV4QueryAuth, SigV4Auth, SigV4QueryAuth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from json_wire import Answer
from server import Server

REFERENCE = Path(__file__).parents[2] / "docs" / "reference" / "errors.md"
ROW = re.compile(r"\| (.+) \| `(\w+)` (\d+) \| `(\w+)` (\d+) \| `(\w+)` (\d+) \|")
PROTOCOLS = ("json", "s3", "sts")


def reference() -> dict[str, dict[str, tuple[str, int]]]:
    """By the sentence that says when: name and status in each protocol."""
    rows = {}
    for line in REFERENCE.read_text().splitlines():
        if found := ROW.fullmatch(line):
            when, *cells = found.groups()
            pairs = list(zip(cells[::2], map(int, cells[1::2]), strict=True))
            rows[when] = dict(zip(PROTOCOLS, pairs, strict=True))
    return rows


@dataclass
class Message:
    """A request on its way to the wire; tests spoil it before or after it is signed."""

    protocol: str
    method: str
    url: str
    headers: dict[str, str]
    body: bytes = b""
    credentials: Credentials | None = None
    region: str = Server.region
    service: str = ""
    presigned: bool = False
    expires: int = 60
    late: timedelta = field(default_factory=timedelta)


def plain(server: Server, protocol: str, presigned: bool = False) -> Message:
    """A request that would succeed."""
    own = Credentials(server.key_id, server.secret)
    if protocol == "json":
        headers = {"X-Amz-Target": "AmazonAthena.ListWorkGroups"}
        message = Message("json", "POST", f"{server.endpoint}/", headers, b"{}", own)
        message.service = "athena"
        if presigned:
            message.body = b""  # a presigned request's hash is that of nothing
    elif protocol == "s3":
        url = f"{server.endpoint}/glaux-results?list-type=2"
        message = Message("s3", "GET", url, {}, b"", own, service="s3")
    else:
        form = "Action=GetCallerIdentity&Version=2011-06-15"
        kind = {"Content-Type": "application/x-www-form-urlencoded"}
        message = Message("sts", "POST", f"{server.endpoint}/", kind, form.encode(), own)
        if presigned:
            message = Message("sts", "GET", f"{server.endpoint}/?{form}", {}, b"", own)
        message.service = "sts"
    message.presigned = presigned
    return message


def sign(message: Message, monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime.now(UTC) - message.late
    monkeypatch.setattr(botocore.auth, "get_current_datetime", lambda *_, **__: now)
    request = AWSRequest(message.method, message.url, dict(message.headers), message.body)
    of_s3 = message.protocol == "s3"
    arguments: list[Any] = [message.credentials, message.service, message.region]
    if message.presigned:
        arguments.append(message.expires)
        signer = (S3SigV4QueryAuth if of_s3 else SigV4QueryAuth)(*arguments)
    else:
        signer = (S3SigV4Auth if of_s3 else SigV4Auth)(*arguments)
    signer.add_auth(request)
    message.url = request.url
    message.headers = {name: str(value) for name, value in request.headers.items()}


def send(message: Message) -> Answer:
    parts = urlsplit(message.url)
    connection = http.client.HTTPConnection(parts.netloc, timeout=30)
    target = parts.path + (f"?{parts.query}" if parts.query else "")
    try:
        connection.request(message.method, target, message.body or None, message.headers)
        response = connection.getresponse()
        return Answer(response.status, response.headers, response.read())
    finally:
        connection.close()


def told(protocol: str, answer: Answer) -> tuple[str, int]:
    """The error's name and status; the form of the protocol is checked on the way."""
    assert answer.headers["x-amzn-RequestId"]
    if protocol == "json":
        assert answer.headers["Content-Type"] == "application/x-amz-json-1.1"
        assert answer.message
        return answer.error, answer.status
    root = answer.xml
    if protocol == "s3":
        assert answer.headers["Content-Type"] == "application/xml"
        assert root.tag == "Error"
        assert root.findtext("Message")
        assert root.findtext("RequestId") == answer.headers["x-amzn-RequestId"]
        return str(root.findtext("Code")), answer.status
    space = "{https://sts.amazonaws.com/doc/2011-06-15/}"
    assert answer.headers["Content-Type"] == "text/xml"
    assert root.tag == f"{space}ErrorResponse"
    assert root.findtext(f"{space}Error/{space}Type") == "Sender"
    assert root.findtext(f"{space}Error/{space}Message")
    assert root.findtext(f"{space}RequestId") == answer.headers["x-amzn-RequestId"]
    return str(root.findtext(f"{space}Error/{space}Code")), answer.status


@dataclass
class Case:
    when: str  # the reference's sentence
    before: Callable[[Message], None] = lambda m: None
    after: Callable[[Message], None] = lambda m: None
    presigned: bool = False


def authorization(change: Callable[[str], str]) -> Callable[[Message], None]:
    def apply(message: Message) -> None:
        message.headers["Authorization"] = change(message.headers["Authorization"])

    return apply


def query(pattern: str, to: str) -> Callable[[Message], None]:
    def apply(message: Message) -> None:
        message.url, count = re.subn(pattern, to, message.url)
        assert count == 1

    return apply


def setting(**members: Any) -> Callable[[Message], None]:
    def apply(message: Message) -> None:
        for name, value in members.items():
            setattr(message, name, value)

    return apply


def without(*names: str) -> Callable[[Message], None]:
    def apply(message: Message) -> None:
        for name in names:
            message.headers = {k: v for k, v in message.headers.items() if k.lower() != name}

    return apply


def scoped(pattern: str, to: str) -> Callable[[Message], None]:
    return authorization(lambda a: re.sub(pattern, to, a))


def flipped(text: str) -> str:
    return text[:-1] + ("1" if text[-1] == "0" else "0")


NOBODY = Credentials("AKIAAAAAAAAAAAAAAAAA", "x" * 40)
LACKS = "The Authorization header lacks a part or is malformed."
PRESIGNED_LACKS = "A presigned request lacks a parameter or has a malformed one."
NO_DATE = "A signed request has neither x-amz-date nor Date, or the date is malformed."
MECHANISM = (
    "The request is signed in another way than AWS4-HMAC-SHA256 (Signature Version 2, SigV4A)."
)
KIND = "The Authorization header is of no AWS kind, or the request is signed twice."
SCOPE = "Date, region, service or end of the credential scope do not fit the request or the server."
SCOPE_QUERY = "The same for a presigned request."
UNKNOWN_KEY = "The access key is unknown, disabled or deleted."
WRONG = "The signature is not the one that the server calculates."
SKEWED = "The request's date is too far from the server's clock."
PAST = "A presigned request is past its time, or before it."
NOT_SIGNED = "A header that has to be signed is not in SignedHeaders."

CASES = {
    "no signature": Case("The request carries no signature.", after=without("authorization")),
    "no Signature part": Case(LACKS, after=scoped(r", Signature=\w+", "")),
    "no Credential part": Case(LACKS, after=scoped(r"Credential=\S+, ", "")),
    "credential without slashes": Case(
        LACKS, after=scoped(r"Credential=[^/]+\S+", "Credential=x,")
    ),
    "part without equals sign": Case(LACKS, after=authorization(lambda a: a + ", nonsense")),
    "no date": Case(NO_DATE, after=without("x-amz-date")),
    "date is none": Case(NO_DATE, after=lambda m: m.headers.update({"X-Amz-Date": "yesterday"})),
    "version 2": Case(
        MECHANISM, after=lambda m: m.headers.update(Authorization="AWS key:signature")
    ),
    "SigV4A": Case(MECHANISM, after=scoped("AWS4-HMAC-SHA256", "AWS4-ECDSA-P256-SHA256")),
    "bearer": Case(KIND, after=lambda m: m.headers.update(Authorization="Bearer token")),
    "signed twice": Case(
        KIND,
        presigned=True,
        after=lambda m: m.headers.update(
            Authorization=f"AWS4-HMAC-SHA256 Credential=a/b/c/{m.service}/aws4_request"
        ),
    ),
    "other region": Case(SCOPE, before=setting(region="eu-west-1")),
    "other service": Case(SCOPE, after=scoped(r"/(athena|s3)/aws4", "/sqs/aws4")),
    "other date": Case(SCOPE, after=scoped(r"/\d{8}/", "/20200101/")),
    "other end": Case(SCOPE, after=scoped("aws4_request", "aws5_request")),
    "host not signed": Case(NOT_SIGNED, after=scoped(r"host;", "")),
    "unknown key": Case(UNKNOWN_KEY, before=setting(credentials=NOBODY)),
    "wrong signature": Case(WRONG, after=authorization(flipped)),
    "too old": Case(SKEWED, before=setting(late=timedelta(minutes=5, seconds=20))),
    "too young": Case(SKEWED, before=setting(late=-timedelta(minutes=5, seconds=20))),
    "presigned: no signature": Case(
        PRESIGNED_LACKS, presigned=True, after=query("&X-Amz-Signature=[0-9a-f]+", "")
    ),
    "presigned: no date": Case(
        PRESIGNED_LACKS, presigned=True, after=query("&X-Amz-Date=[^&]+", "")
    ),
    "presigned: other region": Case(
        SCOPE_QUERY, presigned=True, before=setting(region="eu-west-1")
    ),
    "presigned: unknown key": Case(UNKNOWN_KEY, presigned=True, before=setting(credentials=NOBODY)),
    "presigned: wrong signature": Case(
        WRONG, presigned=True, after=lambda m: setattr(m, "url", flipped(m.url))
    ),
    "presigned: past": Case(
        PAST, presigned=True, before=setting(late=timedelta(seconds=100), expires=10)
    ),
}


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("presigned", [False, True], ids=["header", "presigned"])
def test_a_right_signature_is_accepted(
    glaux: Server, monkeypatch: pytest.MonkeyPatch, protocol: str, presigned: bool
) -> None:
    message = plain(glaux, protocol, presigned)
    sign(message, monkeypatch)
    assert send(message).status == 200


@pytest.mark.parametrize("protocol", PROTOCOLS)
@pytest.mark.parametrize("name", CASES)
def test_the_error_is_the_references(
    glaux: Server, monkeypatch: pytest.MonkeyPatch, protocol: str, name: str
) -> None:
    case = CASES[name]
    if name == "other service" and protocol == "sts":
        pytest.skip("a form signed for another service is no request of STS")
    message = plain(glaux, protocol, case.presigned)
    case.before(message)
    sign(message, monkeypatch)
    case.after(message)
    assert told(protocol, send(message)) == reference()[case.when][protocol]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_changed_body_is_noticed(
    glaux: Server, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    message = plain(glaux, protocol)
    if protocol == "s3":
        message.method, message.url = "PUT", f"{glaux.endpoint}/glaux-results/object"
        message.body = b"true"
    sign(message, monkeypatch)
    message.body += b" "
    row = WRONG if protocol != "s3" else "The body does not have the SHA-256 that was signed."
    assert told(protocol, send(message)) == reference()[row][protocol]


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_a_token_of_someone_else(
    glaux: Server, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    message = plain(glaux, protocol)
    message.credentials = Credentials(glaux.key_id, glaux.secret, "a token")
    sign(message, monkeypatch)
    expected = reference()["The security token is not one of this server."][protocol]
    assert told(protocol, send(message)) == expected


@pytest.mark.parametrize("protocol", PROTOCOLS)
def test_skew_within_five_minutes_is_accepted(
    glaux: Server, monkeypatch: pytest.MonkeyPatch, protocol: str
) -> None:
    for late in (timedelta(minutes=4, seconds=40), -timedelta(minutes=4, seconds=40)):
        message = plain(glaux, protocol)
        message.late = late
        sign(message, monkeypatch)
        assert send(message).status == 200


def test_skew_is_a_setting(new_light: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    message = plain(new_light("signature.max_skew=10s"), "json")
    message.late = timedelta(seconds=30)
    sign(message, monkeypatch)
    assert told("json", send(message)) == reference()[SKEWED]["json"]


def test_region_and_account_are_settings(new_light: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    server = new_light("server.region=eu-central-1", "server.account=123456789012")
    server.region = "eu-central-1"
    identity = server.client("sts").get_caller_identity()
    assert identity["Account"] == "123456789012"
    message = plain(server, "json")
    message.region = "us-east-1"
    sign(message, monkeypatch)
    assert told("json", send(message)) == reference()[SCOPE]["json"]
