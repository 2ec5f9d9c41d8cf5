"""Requests to the S3 endpoint that no SDK would send: signed by botocore, sent as they are."""

import hashlib
import http.client
import socket
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlsplit
from xml.etree import ElementTree

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from server import Server

NAMESPACE = "{http://s3.amazonaws.com/doc/2006-03-01/}"


@dataclass
class Answer:
    status: int
    headers: http.client.HTTPMessage
    body: bytes

    @property
    def code(self) -> str:
        """The Code of an error's XML."""
        return self.xml.findtext("Code") or ""

    @property
    def message(self) -> str:
        return self.xml.findtext("Message") or ""

    @property
    def xml(self) -> ElementTree.Element:
        return ElementTree.fromstring(self.body)


class Signer(S3SigV4Auth):  # type: ignore[misc]
    """Signs whatever x-amz-content-sha256 it is told to."""

    def __init__(self, credentials: Credentials, region: str, payload: str) -> None:
        super().__init__(credentials, "s3", region)
        self.declared = payload

    def payload(self, request: AWSRequest) -> str:
        return self.declared


class Wire:
    """One connection for each request, so that a test sees what becomes of it."""

    def __init__(self, glaux: Server) -> None:
        self.host = urlsplit(glaux.endpoint).netloc
        self.credentials = Credentials(glaux.key_id, glaux.secret)
        self.region = glaux.region

    def sign(
        self, method: str, target: str, headers: dict[str, str], payload: str
    ) -> dict[str, str]:
        """All headers, with the signature's; `payload` is the value of x-amz-content-sha256."""
        request = AWSRequest(method=method, url=f"http://{self.host}{target}", headers=headers)
        Signer(self.credentials, self.region, payload).add_auth(request)
        return {name: str(value) for name, value in request.headers.items()}

    def connect(self) -> http.client.HTTPConnection:
        return http.client.HTTPConnection(self.host, timeout=30)

    def socket(self) -> socket.socket:
        host, port = self.host.rsplit(":", 1)
        return socket.create_connection((host, int(port)), timeout=30)

    def send(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        headers: dict[str, str] | None = None,
        payload: str | None = None,
    ) -> Answer:
        """`payload` is what the signature says about the body, by default the truth."""
        truth = hashlib.sha256(body).hexdigest()
        signed = self.sign(method, target, headers or {}, payload or truth)
        connection = self.connect()
        try:
            connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
            connection.putheader("Host", self.host)
            if method in ("PUT", "POST") and "Transfer-Encoding" not in signed:
                connection.putheader("Content-Length", str(len(body)))
            for name, value in signed.items():
                connection.putheader(name, value)
            connection.endheaders(body or None)
            response = connection.getresponse()
            return Answer(response.status, response.headers, response.read())
        finally:
            connection.close()


def new_bucket(client: Any) -> str:
    """A bucket of a test's own."""
    name = f"test-{uuid.uuid4()}"
    client.create_bucket(Bucket=name)
    return name


def path_of(bucket: str, key: str) -> str:
    return f"/{bucket}/{quote(key, safe='/~')}"
