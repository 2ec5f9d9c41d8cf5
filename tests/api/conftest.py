"""Servers whose sessions cost nothing (their drivers only wait and never become ready), clients of
the S3 endpoint and of Glue, and another S3 behind a network with faults."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from catalog_shapes import new_database
from far import started_far
from faulty_network import FaultyNetwork
from hive_wire import Hive
from metastore import Metastore
from s3_wire import Wire, new_bucket
from server import Server
from versitygw import VersityGw


def waiting_driver(folder: Path) -> Path:
    """A program that stands where the engine's Python is wanted."""
    program = folder / "driver"
    program.write_text("#!/bin/sh\nexec sleep 600\n")
    program.chmod(0o755)
    return program


def light_settings(folder: Path) -> dict[str, str]:
    return {
        "engine.interpreter": str(waiting_driver(folder)),
        "engine.memory": "512MiB",
        "engine.heap": "450MiB",
        "isolation.mode": "none",
        "limits.memory": "1048576GiB",
        "limits.account_dpus": "1000",
        "session.stop_grace": "0s",
    }


@pytest.fixture(scope="module")
def light(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """One light server for the tests of a module."""
    folder = tmp_path_factory.mktemp("light")
    server = Server(folder / "data", light_settings(folder)).start()
    yield server
    server.end()


@pytest.fixture
def new_light(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Make light servers of the test's own: new_light("limits.account_dpus=2", ...)."""
    made: list[Server] = []

    def make(*settings: str) -> Server:
        pairs = dict(s.split("=", 1) for s in settings)
        made.append(Server(tmp_path / "data", light_settings(tmp_path) | pairs).start())
        return made[-1]

    yield make
    for server in made:
        server.end()


@pytest.fixture(scope="module")
def s3(glaux: Server) -> Any:
    return glaux.client("s3")


@pytest.fixture(scope="module")
def bucket(s3: Any) -> str:
    return new_bucket(s3)


@pytest.fixture
def wire(glaux: Server) -> Wire:
    return Wire(glaux)


@pytest.fixture(scope="module")
def glue(light: Server) -> Any:
    return light.client("glue")


@pytest.fixture
def database(glue: Any) -> Any:
    name = new_database(glue)
    yield name
    glue.delete_database(Name=name)


@pytest.fixture(scope="module")
def far(tmp_path_factory: pytest.TempPathFactory) -> Iterator[VersityGw]:
    with started_far(tmp_path_factory.mktemp("far")) as one:
        yield one


@pytest.fixture(scope="module")
def network(far: VersityGw) -> Iterator[FaultyNetwork]:
    """The way to `far`; a module whose tests break it uses `healed`, too."""
    with closing(FaultyNetwork(far.port)) as one:
        yield one


@pytest.fixture
def healed(network: FaultyNetwork) -> Iterator[None]:
    yield
    network.heal()


@pytest.fixture
def hive(metastore: Metastore) -> Iterator[Hive]:
    """A connection to the metastore of the module's own fixture `metastore`."""
    connection = metastore.connect()
    yield connection
    connection.close()
