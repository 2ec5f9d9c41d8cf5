"""Clients that stop reading or sending hold their own request up, and nobody else's."""

from __future__ import annotations

import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, suppress

import pytest
from faulty_network import FaultyNetwork
from s3_wire import Wire
from server import Server, wait_for

BUCKET = "far-stalls"
CONNECTIONS = 2
BESIDE = 3 * CONNECTIONS  # that may stall and do not count
LARGE = b"x" * (32 * 1024 * 1024)


def answer(head: bytes) -> bytes:
    body = LARGE if b"/large" in head else b"small"
    lines = b"HTTP/1.1 200 OK", b'ETag: "x"', b"Content-Length: %d" % len(body)
    return b"\r\n".join([*lines, b"Connection: close", b"", body])


@pytest.fixture
def store() -> Iterator[FaultyNetwork]:
    one = FaultyNetwork(0)
    one.answer_by(answer)
    yield one
    one.close()


@pytest.fixture
def server(store: FaultyNetwork, new_server: Callable[..., Server]) -> Server:
    return new_server(
        f"remote.far.endpoint={store.endpoint}",
        f"remote.far.buckets={BUCKET}",
        "remote.far.access_key_id=key",
        "remote.far.secret_access_key=secret",
        f"remote.far.connections={CONNECTIONS}",
        "remote.far.stall_timeout=10m",  # nothing but a turn breaks a client off
        "http.write_timeout=10m",
        "isolation.mode=none",
    )


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as one:
        yield one


def begin(server: Server, method: str, key: str, *more: str) -> socket.socket:
    """The head of a request, of which no more follows."""
    wire, target = Wire(server), f"/{BUCKET}/{key}"
    signed = wire.sign(method, target, {}, "UNSIGNED-PAYLOAD")
    one = wire.socket()
    one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 256 * 1024)
    lines = [f"{method} {target} HTTP/1.1", f"Host: {wire.host}"]
    lines += [*(f"{name}: {value}" for name, value in signed.items()), *more, "", ""]
    one.sendall("\r\n".join(lines).encode())
    return one


def stall(
    stack: ExitStack, server: Server, store: FaultyNetwork, count: int
) -> list[socket.socket]:
    """So many clients that have an answer and leave it; each has its connection to the store."""
    begun = store.answer_times
    stalled = []
    for i in range(count):
        one = stack.enter_context(begin(server, "GET", f"large{i}"))
        assert one.recv(9) == b"HTTP/1.1 "
        stalled.append(one)
    assert store.answer_times == begun + count
    return stalled


def rest(one: socket.socket) -> bytes:
    """What comes until it is whole, or broken off."""
    got = bytearray()
    with suppress(OSError):
        while len(got) - got.find(b"\r\n\r\n") < 4 + len(LARGE) and (piece := one.recv(1 << 20)):
            got += piece
    return bytes(got)


def small(server: Server) -> bytes:
    return Wire(server).send("GET", f"/{BUCKET}/small").body


def test_readers_that_stall_do_not_count(
    server: Server, store: FaultyNetwork, stack: ExitStack
) -> None:
    stalled = stall(stack, server, store, BESIDE)
    for _ in range(4):
        assert small(server) == b"small"
    for one in stalled:  # and lose nothing by it
        assert rest(one).endswith(LARGE)


def test_senders_that_stall_do_not_count(
    server: Server, store: FaultyNetwork, stack: ExitStack
) -> None:
    for i in range(CONNECTIONS + 1):
        stack.enter_context(begin(server, "PUT", f"sent{i}", "Content-Length: 100"))
    wait_for(lambda: store.connections == CONNECTIONS + 1)
    assert small(server) == b"small"
    assert "while others waited for a connection" not in server.log.read_text()


def test_there_is_an_end_to_it(server: Server, store: FaultyNetwork, stack: ExitStack) -> None:
    """With every place taken the longest stalled one is broken off, when somebody waits."""
    stalled = stall(stack, server, store, CONNECTIONS + BESIDE)
    assert small(server) == b"small"
    assert "while others waited for a connection" in server.log.read_text()
    assert sorted(rest(one).endswith(LARGE) for one in stalled) == [False] + [True] * (
        len(stalled) - 1
    )
