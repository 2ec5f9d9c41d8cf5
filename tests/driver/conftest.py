"""Drivers for the tests: of plain Python, and with the real Spark."""

from collections.abc import Iterator

import pytest
from driver_harness import PYTHON, Driver


def _running(engine: str) -> Iterator[Driver]:
    if not PYTHON:
        pytest.skip("GLAUX_ENGINE_PYTHON (or GLAUX_ENGINE) does not name an engine environment")
    driver = Driver(engine)
    try:
        driver.ready()
        yield driver
    finally:
        code = driver.close()
    assert code == 0
    assert not driver.left_over


@pytest.fixture(scope="module")
def driver() -> Iterator[Driver]:
    """A session of plain Python, shared by the tests of a file."""
    yield from _running("python")


@pytest.fixture(scope="session")
def spark() -> Iterator[Driver]:
    """A session with Spark, shared by all tests that leave it usable."""
    yield from _running("spark")


@pytest.fixture
def needs_engine() -> None:
    if not PYTHON:
        pytest.skip("GLAUX_ENGINE_PYTHON (or GLAUX_ENGINE) does not name an engine environment")
