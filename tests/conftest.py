"""What the tests against a running server share."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from server import Server, Session


@pytest.fixture(scope="session")
def glaux(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One server for all tests that leave it as it was."""
    server = Server(tmp_path_factory.mktemp("glaux") / "data").start()
    yield server
    server.end()


@pytest.fixture(scope="module")
def session(glaux: Server) -> Iterator[Session]:
    """A Spark session for the tests of a module."""
    one = Session(glaux)
    one.wait("IDLE")
    yield one
    one.end()


@pytest.fixture
def new_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Make servers of the test's own: new_server("limits.session_dpus=4", ...)."""
    made: list[Server] = []

    def make(*settings: str, name: str = "data") -> Server:
        pairs = dict(s.split("=", 1) for s in settings)
        made.append(Server(tmp_path / name, pairs).start())
        return made[-1]

    yield make
    for server in made:
        server.end()
