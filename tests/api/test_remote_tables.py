"""Data of tables in buckets of another S3: folders are made there, and dropped data goes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from email.utils import formatdate
from typing import Any

import pytest
from conftest import light_settings
from far import remote_settings
from faulty_network import FaultyNetwork
from hive_wire import Hive
from metastore import Metastore, column, partition_of, table_of
from server import Server, wait_for
from versitygw import PROGRAM, VersityGw

pytestmark = [
    pytest.mark.skipif(not PROGRAM.is_file(), reason="no versitygw here (it needs Go)"),
    pytest.mark.usefixtures("healed"),
]

TABLES = "far-tables"
PAGE = 1000


@pytest.fixture(scope="module")
def metastore(
    far: VersityGw, network: FaultyNetwork, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Metastore]:
    folder = tmp_path_factory.mktemp("near")
    settings = light_settings(folder) | remote_settings(far, network.endpoint)
    settings |= {"session.buckets": f"{TABLES}, glaux-data", "catalog.removal_wait": "30s"}
    far.client().create_bucket(Bucket=TABLES)
    server = Server(folder / "data", settings).start()
    yield Metastore(server)
    server.end()


@pytest.fixture
def database(hive: Hive, request: pytest.FixtureRequest) -> str:
    name = f"db_{abs(hash(request.node.name))}"
    hive.call("create_database", {1: {1: name, 3: f"s3://{TABLES}/{name}"}})
    return name


def keys(far: VersityGw, prefix: str) -> list[str]:
    pages: Any = far.client().get_paginator("list_objects_v2")
    found = pages.paginate(Bucket=TABLES, Prefix=prefix)
    return [o["Key"] for page in found for o in page.get("Contents", [])]


def put(far: VersityGw, *names: str) -> None:
    s3 = far.client()
    for name in names:
        s3.put_object(Bucket=TABLES, Key=name, Body=b"x")


def test_folders_are_made_there(hive: Hive, far: VersityGw, database: str) -> None:
    put(far, f"{database}/full/a")
    hive.call("create_table", {1: table_of(database, "full")})
    hive.call("create_table", {1: table_of(database, "t", [column("n", "int")])})
    hive.call("add_partition", {1: partition_of(database, "t", "1")})
    assert keys(far, f"{database}/full") == [f"{database}/full/a"]
    assert f"{database}/t/n=1/" in keys(far, f"{database}/t/")


def test_dropped_data_goes_there(hive: Hive, far: VersityGw, database: str) -> None:
    """More than a page of it, with keys that URLs and XML want escaped."""
    odd = [f"{database}/t/{name}" for name in ("a b+c", "ü&<>'", "100%25", "deep/er/x=1/y")]
    hive.call("create_table", {1: table_of(database, "t")})
    put(far, *odd, *(f"{database}/t/part-{n:05}" for n in range(PAGE + 5)), f"{database}/tt/a")
    hive.call("drop_table", {1: database, 2: "t", 3: True})
    wait_for(lambda: not keys(far, f"{database}/t/"))
    assert keys(far, f"{database}/tt/") == [f"{database}/tt/a"]
    hive.call("create_table", {1: table_of(database, "t")})
    hive.call("drop_table", {1: database, 2: "t", 3: False})
    assert keys(far, f"{database}/t/") == [f"{database}/t/"]


def answer_of(body: str, date: float) -> bytes:
    told = formatdate(date, usegmt=True)
    lines = ["HTTP/1.1 200 OK", f"Date: {told}", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "Connection: close", "", body]).encode()


def contents(key: str, modified: float) -> str:
    written = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(modified))
    return f"<Contents><Key>{key}</Key><LastModified>{written}</LastModified></Contents>"


@pytest.mark.parametrize(
    ("date", "modified", "goes"), [(-20, 0, True), (90, 90, True), (90, 120, False)]
)
def test_dates_of_another_clock(
    hive: Hive, network: FaultyNetwork, database: str, date: int, modified: int, goes: bool
) -> None:
    """Seconds after now: what the answers say is the time, and when an object was written. A busy
    server sends a date that is some seconds old."""
    heads: list[bytes] = []

    def answer(head: bytes) -> bytes:
        heads.append(head)
        now = time.time()
        key = f"{database}/t/a"
        body = f"<DeleteResult><Deleted><Key>{key}</Key></Deleted></DeleteResult>"
        if head.startswith(b"GET"):
            body = f"<ListBucketResult>{contents(key, now + modified)}</ListBucketResult>"
        return answer_of(body, now + date)

    hive.call("create_table", {1: table_of(database, "t")})
    network.cut()  # who is connected already, too
    network.answer_by(answer)
    hive.call("drop_table", {1: database, 2: "t", 3: True})
    assert [head.split(b" ")[0] for head in heads] == [b"GET", b"POST"][: 1 + goes]


def test_a_list_that_does_not_go_on_is_given_up(
    hive: Hive, network: FaultyNetwork, database: str
) -> None:
    """A remote that knows no start-after, and has nothing that is to go on its first page."""
    asked: list[bytes] = []

    def answer(head: bytes) -> bytes:
        asked.append(head)
        now = time.time()
        page = contents(f"{database}/t/a", now + 120) + "<IsTruncated>true</IsTruncated>"
        return answer_of(f"<ListBucketResult>{page}</ListBucketResult>", now)

    hive.call("create_table", {1: table_of(database, "t")})
    network.cut()
    network.answer_by(answer)
    hive.call("drop_table", {1: database, 2: "t", 3: True})
    assert 2 <= len(asked) < 10
    assert b"start-after" in asked[1]


def test_what_is_away_keeps_nothing_else_waiting(
    metastore: Metastore, hive: Hive, far: VersityGw, network: FaultyNetwork, database: str
) -> None:
    hive.call("create_table", {1: table_of(database, "t")})
    put(far, f"{database}/t/a")
    near = metastore.server.client("s3")
    near.put_object(Bucket="glaux-data", Key=f"{database}/near/a", Body=b"x")
    table = table_of(database, "near")
    table[7] = table[7] | {2: f"s3://glaux-data/{database}/near"}
    hive.call("create_table", {1: table})
    network.cut()
    hive.call("drop_table", {1: database, 2: "t", 3: True})
    hive.call("drop_table", {1: database, 2: "near", 3: True})
    assert near.list_objects_v2(Bucket="glaux-data", Prefix=f"{database}/near")["KeyCount"] == 0
    assert keys(far, f"{database}/t/a") == [f"{database}/t/a"]
    network.heal()
    wait_for(lambda: not keys(far, f"{database}/t/"))
