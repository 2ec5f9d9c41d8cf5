"""A server without a free descriptor: who connects waits, and all else goes on."""

from __future__ import annotations

import http.client
import json
import resource
import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from s3_wire import Wire
from server import Server

CLIENTS = 5


@contextmanager
def without_descriptors(server: Server) -> Iterator[None]:
    """Those that are open stay."""
    soft, hard = resource.prlimit(server.pid, resource.RLIMIT_NOFILE)
    resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (3, hard))
    try:
        yield
    finally:
        resource.prlimit(server.pid, resource.RLIMIT_NOFILE, (soft, hard))


def ask(client: http.client.HTTPConnection) -> int:
    client.request("GET", "/-/healthz")
    with closing(client.getresponse()) as answer:
        answer.read()
        return answer.status


def test_clients_wait_for_a_descriptor(new_light: Callable[..., Server]) -> None:
    """libuv's own listener spins until there is one, and the loop with it."""
    server = new_light()
    wire = Wire(server)
    with closing(wire.connect()) as early:
        assert ask(early) == 200
        with without_descriptors(server):
            late = [wire.connect() for _ in range(CLIENTS)]
            for client in late:
                client.request("GET", "/-/healthz")
            assert ask(early) == 200
        for client in late:
            with closing(client):
                assert client.getresponse().status == 200


def test_so_do_hive_clients(new_light: Callable[..., Server]) -> None:
    server = new_light()
    port = json.loads((server.data / "server.json").read_text())["metastore_port"]
    with closing(Wire(server).connect()) as early:
        assert ask(early) == 200
        with without_descriptors(server):
            late = socket.create_connection(("127.0.0.1", port), timeout=30)
            assert ask(early) == 200
        with late:
            late.sendall(b"\x00\x00\x00\x00")  # a name of no bytes: the server hangs up
            assert late.recv(1) == b""
