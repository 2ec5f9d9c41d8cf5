"""Answers that sound like a success and are none: what was to be delivered waits on."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from far import BUCKET, delivered_all, leave_waiting, metric, waiting
from faulty_network import FaultyNetwork
from server import Server, wait_for

MIB = 1024 * 1024
ERROR = b"<Error><Code>InternalError</Code><Message>We are sorry</Message></Error>"


def answer(status: int, body: bytes, *lines: bytes) -> bytes:
    length = b"Content-Length: %d" % len(body)
    lines = (b"HTTP/1.1 %d Lie" % status, length, *lines, b"Connection: close", b"")
    return b"\r\n".join([*lines, body])


ETAG = b'ETag: "0123456789abcdef0123456789abcdef"'
BEGUN = b"<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>"
COMPLETED = (
    b'<?xml version="1.0"?>\n<CompleteMultipartUploadResult>'
    b"<ETag>&quot;x-2&quot;</ETag></CompleteMultipartUploadResult>"
)
LIES = {
    "an error": answer(200, ERROR, ETAG),
    "an error, declared": answer(200, b'\n <?xml version="1.0"?>\n' + ERROR, ETAG),
    "nothing told": answer(200, b""),
    "empty": answer(200, b"", b"ETag: "),
    "201": answer(201, COMPLETED, ETAG),
    "202": answer(202, COMPLETED, ETAG),
    "204": answer(204, b"", ETAG),
    "205": answer(205, b"", ETAG),
    "206": answer(206, COMPLETED, ETAG, b"Content-Range: bytes 0-0/5"),
    "302": answer(302, b"", ETAG, b"Location: http://127.0.0.1:1/"),
}


def step(head: bytes) -> str:
    """What a delivery asks for."""
    method, target = head.split(b" ")[:2]
    if method == b"PUT":
        return "part" if b"partNumber=" in target else "put"
    if method == b"POST":
        return "begin" if b"uploads" in target else "complete"
    return "abort"


class Liar(FaultyNetwork):
    """A store that keeps nothing and tells the truth but for one step."""

    def __init__(self) -> None:
        super().__init__(0)
        self.lying_step = ""
        self.lie = b""
        self.lies = 0
        self.steps: list[str] = []
        self.answer_by(self._tell)

    def _tell(self, head: bytes) -> bytes:
        what = step(head)
        self.steps.append(what)
        if what == self.lying_step:
            self.lies += 1
            return self.lie
        truth = {
            "put": answer(200, b"", ETAG),
            "part": answer(200, b"", ETAG),
            "begin": answer(200, BEGUN),
            "complete": answer(200, COMPLETED),
            "abort": answer(204, b""),
        }
        return truth[what]


@pytest.fixture
def store() -> Iterator[Liar]:
    one = Liar()
    yield one
    one.close()


@pytest.fixture
def server(store: Liar, tmp_path: Path) -> Iterator[Server]:
    settings = {
        "remote.far.endpoint": store.endpoint,
        "remote.far.buckets": BUCKET,
        "remote.far.access_key_id": "key",
        "remote.far.secret_access_key": "secret",
        "remote.far.retries": "1",
        "remote.far.part_size": "5MiB",
        "delivery.retry": "1s",
        "isolation.mode": "none",
    }
    one = Server(tmp_path / "data", settings)
    yield one
    one.end()


def stays_until_the_truth(server: Server, store: Liar, body: bytes, last: str) -> None:
    leave_waiting(server, {"key": body})
    # More than one attempt's requests, so that the first one was judged.
    wait_for(lambda: store.lies > 2)
    assert waiting(server) == 1
    assert metric(server, "glaux_deliveries_total") == 0
    assert "it waits" in server.log.read_text()
    assert server.client("s3").get_object(Bucket=BUCKET, Key="key")["Body"].read() == body
    store.lying_step = ""
    store.steps.clear()
    delivered_all(server)
    assert last in store.steps
    assert metric(server, "glaux_deliveries_total") == 1


@pytest.mark.parametrize("lie", LIES)
def test_an_object(server: Server, store: Liar, lie: str) -> None:
    store.lying_step, store.lie = "put", LIES[lie]
    stays_until_the_truth(server, store, b"output", "put")


@pytest.mark.parametrize("lying_step", ["begin", "part", "complete"])
@pytest.mark.parametrize("lie", ["an error", "nothing told", "206"])
def test_parts(server: Server, store: Liar, lying_step: str, lie: str) -> None:
    store.lying_step, store.lie = lying_step, LIES[lie]
    stays_until_the_truth(server, store, b"x" * (6 * MIB), "complete")
