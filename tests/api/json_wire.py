"""Requests of AWS JSON that no SDK would send: signed by botocore, sent as they are."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit
from xml.etree import ElementTree

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from botocore.exceptions import ClientError
from server import Server

CONTENT_TYPE = "application/x-amz-json-1.1"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def json(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)

    @property
    def error(self) -> str:
        """The exception's name; header and body have to agree."""
        name = str(self.json["__type"])
        assert self.headers["x-amzn-ErrorType"] == name
        return name

    @property
    def message(self) -> str:
        return str(self.json["Message"])


class JsonWire:
    """Signs for one server; each request has a connection of its own."""

    def __init__(self, server: Server, service: str = "athena") -> None:
        self.host = urlsplit(server.endpoint).netloc
        self.credentials = Credentials(server.key_id, server.secret)
        self.region = server.region
        self.service = service

    def signed(
        self,
        body: bytes,
        headers: dict[str, str],
        method: str = "POST",
        target: str = "/",
        credentials: Credentials | None = None,
    ) -> dict[str, str]:
        """All headers that have to be sent, Host and the signature's among them."""
        request = AWSRequest(
            method=method, url=f"http://{self.host}{target}", data=body, headers=headers
        )
        SigV4Auth(credentials or self.credentials, self.service, self.region).add_auth(request)
        sent = {name: str(value) for name, value in request.headers.items()}
        return {"Host": self.host} | sent

    def operation(self, name: str, body: bytes = b"{}", **more: str) -> dict[str, str]:
        """Signed headers of an operation's request; underscores in names become hyphens."""
        headers = {"Content-Type": CONTENT_TYPE, "X-Amz-Target": f"AmazonAthena.{name}"}
        headers |= {k.replace("_", "-"): v for k, v in more.items()}
        return self.signed(body, headers)

    def send(
        self, headers: dict[str, str], body: bytes = b"", method: str = "POST", target: str = "/"
    ) -> Answer:
        connection = http.client.HTTPConnection(self.host, timeout=30)
        with contextlib.closing(connection):
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            sent = dict(headers)
            if "Transfer-Encoding" not in sent and method in ("POST", "PUT"):
                sent.setdefault("Content-Length", str(len(body)))
            for name, value in sent.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())

    def call(self, name: str, body: Any = None, **more: str) -> Answer:
        """An operation with this body: what becomes JSON, or bytes as they are."""
        data = body if isinstance(body, bytes) else json.dumps(body or {}).encode()
        return self.send(self.operation(name, data, **more), data)

    def raw(self, name: str, body: bytes = b"{}", **more: str) -> bytes:
        """The bytes of a whole request."""
        return (
            head_bytes(self.operation(name, body, **more) | {"Content-Length": str(len(body))})
            + body
        )

    @contextlib.contextmanager
    def connect(self) -> Iterator[Pipe]:
        host, port = self.host.rsplit(":", 1)
        with socket.create_connection((host, int(port)), timeout=30) as s:
            yield Pipe(s)


def head_bytes(headers: dict[str, str], method: str = "POST", target: str = "/") -> bytes:
    lines = [f"{method} {target} HTTP/1.1", *(f"{k}: {v}" for k, v in headers.items())]
    return ("\r\n".join(lines) + "\r\n\r\n").encode()


class Pipe:
    """A connection whose answers are read one by one."""

    def __init__(self, s: socket.socket) -> None:
        self.socket = s
        self.file = s.makefile("rb")

    def send(self, data: bytes) -> None:
        self.socket.sendall(data)

    def status_line(self) -> str:
        return self.file.readline().decode().strip()

    def answer(self, bare: bool = False) -> Answer:
        """The next answer; a bare one has no body whatever its Content-Length says."""
        words = self.status_line().split(maxsplit=2)
        assert words[:1] == ["HTTP/1.1"], words
        headers = http.client.parse_headers(self.file)
        length = 0 if bare else int(headers.get("Content-Length", "0"))
        return Answer(int(words[1]), headers, self.file.read(length))

    def ended(self) -> bool:
        """True if the server has closed its side; waits for it."""
        return self.file.read(1) == b""


def fails(error: pytest.ExceptionInfo[ClientError]) -> tuple[str, str]:
    """Name and sentence of what a client was told."""
    told = error.value.response["Error"]
    return str(told["Code"]), str(told["Message"])


@contextlib.contextmanager
def refused(match: str, code: str = "InvalidRequestException") -> Iterator[None]:
    """What is done inside is refused with this name, and a sentence that the pattern matches."""
    with pytest.raises(ClientError) as error:
        yield
    told, sentence = fails(error)
    assert told == code
    assert re.search(match, sentence), sentence
