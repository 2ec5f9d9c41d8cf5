"""Signed GetSession requests, each with a signature of its own, as bytes for the load tool."""

from __future__ import annotations

import json
import random
import uuid
from collections.abc import Sequence
from pathlib import Path

from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from server import Server

AGENT = (
    "Boto3/1.44.5 md/Botocore#1.44.5 ua/2.1 os/linux md/arch#x86_64 lang/python#3.11.2 "
    "md/pyimpl#CPython cfg/retry-mode#standard Botocore/1.44.5"
)


def unsigned(endpoint: str, session_id: str) -> AWSRequest:
    """The request as boto3 makes it. The invocation id is signed, as other SDKs do."""
    return AWSRequest(
        method="POST",
        url=endpoint + "/",
        data=json.dumps({"SessionId": session_id}).encode(),
        headers={
            "X-Amz-Target": "AmazonAthena.GetSession",
            "Content-Type": "application/x-amz-json-1.1",
            "User-Agent": AGENT,
            "amz-sdk-invocation-id": str(uuid.uuid4()),
        },
    )


def as_bytes(request: AWSRequest) -> bytes:
    lines = [
        "POST / HTTP/1.1",
        f"Host: {request.url.split('/')[2]}",
        "Accept-Encoding: identity",
        *[f"{key}: {value}" for key, value in request.headers.items()],
        "amz-sdk-request: attempt=1",
        f"Content-Length: {len(request.data)}",
    ]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + bytes(request.data)


def write_requests(server: Server, ids: Sequence[str], count: int, path: Path) -> None:
    """Signs requests for ids drawn from all of them. They are good for five minutes."""
    signer = SigV4Auth(Credentials(server.key_id, server.secret), "athena", server.region)
    signatures = set()
    requests = []
    for session_id in random.choices(ids, k=count):
        request = unsigned(server.endpoint, session_id)
        signer.add_auth(request)
        signatures.add(request.headers["Authorization"])
        requests.append(as_bytes(request))
    assert len(signatures) == count, "two requests have the same signature"
    path.write_bytes(b"\0".join(requests))
