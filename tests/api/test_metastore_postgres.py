"""The catalog in PostgreSQL: the same answers, two servers on one database, one that goes away."""

from __future__ import annotations

import os
import signal
import tempfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from conftest import light_settings
from far import metric
from hive_wire import Fields, Hive, Short, ThriftError, message
from metastore import Metastore, column, partition_of, table_of
from postgres import Postgres, lacking
from server import Server, wait_for
from test_metastore import fails

pytestmark = pytest.mark.skipif(lacking() != "", reason=lacking())


@pytest.fixture
def postgres() -> Iterator[Postgres]:
    with tempfile.TemporaryDirectory(prefix="glaux-pg-") as folder:
        made = Postgres(Path(folder))
        made.start()
        yield made
        made.stop()


@pytest.fixture
def servers(tmp_path: Path) -> Iterator[list[Server]]:
    made: list[Server] = []
    yield made
    for server in made:
        server.end()


def start(servers: list[Server], folder: Path, name: str, url: str, **catalog: str) -> Metastore:
    settings = light_settings(folder) | {"catalog.database": url}
    settings |= {f"catalog.{key}": value for key, value in catalog.items()}
    servers.append(Server(folder / name, settings).start())
    return Metastore(servers[-1])


def test_tables_lie_there(postgres: Postgres, servers: list[Server], tmp_path: Path) -> None:
    hive = start(servers, tmp_path, "a", postgres.url).connect()
    hive.call("create_table", {1: table_of("default", "T", [column("k", "string")])})
    values = ["ä/'\"\\x", "B", "a", "_"]
    for value in values:
        hive.call("add_partition", {1: partition_of("default", "t", value)})
    names = hive.call("get_partition_names", {1: "default", 2: "t", 3: Short(-1)})
    assert names == sorted(names)
    assert postgres.sql("SELECT count(*) FROM partitions") == "4"
    assert not (tmp_path / "a" / "catalog.db").exists()
    found = hive.call("get_partitions_by_filter", {1: "default", 2: "t", 3: "k < 'a' and k > 'A'"})
    assert sorted(p[1][0] for p in found) == ["B", "_"]
    assert fails(lambda: hive.call("create_table", {1: table_of("default", "t")})).field == 1
    hive.call("drop_table", {1: "default", 2: "t", 3: False})
    assert postgres.sql("SELECT count(*) FROM partitions") == "0"


def test_two_servers_share_it(postgres: Postgres, servers: list[Server], tmp_path: Path) -> None:
    both = [start(servers, tmp_path, name, postgres.url) for name in ("a", "b")]
    one, two = both[0].connect(), both[1].connect()
    one.call("create_table", {1: table_of("default", "t", n="0")})
    assert two.call("get_table", {1: "default", 2: "t"})[9]["n"] == "0"
    commits = 20

    def write(metastore: Metastore) -> None:
        connection = metastore.connect()
        done = 0
        while done < commits:
            table = connection.call("get_table", {1: "default", 2: "t"})
            old = table[9]["n"]
            table[9]["n"] = str(int(old) + 1)
            expected = {"expected_parameter_key": "n", "expected_parameter_value": old}
            try:
                arguments = {1: "default", 2: "t", 3: table, 4: {1: expected}}
                connection.call("alter_table_with_environment_context", arguments)
                done += 1
            except ThriftError:
                continue

    threads = [threading.Thread(target=write, args=[metastore]) for metastore in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert one.call("get_table", {1: "default", 2: "t"})[9]["n"] == str(2 * commits)


def test_each_removes_what_was_dropped_through_it(
    postgres: Postgres, servers: list[Server], tmp_path: Path
) -> None:
    metastore = start(servers, tmp_path, "a", postgres.url)
    hive, s3 = metastore.connect(), metastore.server.client("s3")
    hive.call("create_table", {1: table_of("default", "t")})
    for key in ("other/a", "warehouse/t/a"):
        s3.put_object(Bucket="glaux-data", Key=key, Body=b"x")
    postgres.sql(
        "INSERT INTO removals (id, location, dropped_ms, server)"
        " VALUES (-1, 's3://glaux-data/other', 9000000000000, 'another')"
    )
    hive.call("drop_table", {1: "default", 2: "t", 3: True})
    left = s3.list_objects_v2(Bucket="glaux-data").get("Contents", [])
    assert [o["Key"] for o in left] == ["other/a"]
    assert postgres.sql("SELECT id, server FROM removals") == "-1|another"


def test_it_may_go_away(postgres: Postgres, servers: list[Server], tmp_path: Path) -> None:
    hive = start(servers, tmp_path, "a", postgres.url).connect()
    hive.call("create_table", {1: table_of("default", "t")})

    postgres.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'glauxd'"
    )
    assert hive.call("get_all_tables", {1: "default"}) == ["t"]  # connected anew, nothing seen

    postgres.stop()
    error = fails(lambda: hive.call("get_table", {1: "default", 2: "t"}))
    assert "The catalog's PostgreSQL cannot be reached" in str(error)
    ready = servers[0].get("/-/readyz").splitlines()
    assert ready[0] == "ready"
    assert ready[1].startswith("the catalog's database does not answer since 20")
    assert metric(servers[0], "glaux_catalog_up") == 0
    postgres.start()

    def answers() -> bool:
        try:
            return bool(hive.call("get_table", {1: "default", 2: "t"}))
        except ThriftError:
            return False

    wait_for(answers, every=0.1)
    assert servers[0].get("/-/readyz") == "ready\n"
    assert metric(servers[0], "glaux_catalog_up") == 1


def test_one_that_is_locked_keeps_nobody_waiting_for_ever(
    postgres: Postgres, servers: list[Server], tmp_path: Path
) -> None:
    """As by a server that was stopped amid a change."""
    hive = start(servers, tmp_path, "a", postgres.url, database_timeout="1s").connect()
    hive.call("create_table", {1: table_of("default", "t")})
    with postgres.holding("SELECT pg_advisory_lock(711821)"):
        error = fails(lambda: hive.call("create_table", {1: table_of("default", "u")}))
        assert "catalog.database_timeout" in str(error)
        assert "canceling statement" in servers[0].get("/-/readyz")
    with postgres.holding("BEGIN; LOCK TABLE tables"):
        error = fails(lambda: hive.call("get_all_tables", {1: "default"}))
        assert "catalog.database_timeout" in str(error)
    hive.call("create_table", {1: table_of("default", "u")})
    assert hive.call("get_all_tables", {1: "default"}) == ["t", "u"]
    assert servers[0].get("/-/readyz") == "ready\n"


def test_one_that_stands_still_amid_a_change_loses_it(
    postgres: Postgres, servers: list[Server], tmp_path: Path
) -> None:
    stopped = start(servers, tmp_path, "a", postgres.url, database_timeout="1s").connect()
    other = start(servers, tmp_path, "b", postgres.url).connect()
    pid = servers[0].pid
    with postgres.holding("BEGIN; LOCK TABLE tables"):
        call = message("create_table", {1: table_of("default", "t")})
        stopped.socket.sendall(call)
        wait_for(lambda: postgres.sql("SELECT 1 FROM pg_locks WHERE NOT granted"))
        os.kill(pid, signal.SIGSTOP)
    try:
        other.call("create_table", {1: table_of("default", "u")})
    finally:
        os.kill(pid, signal.SIGCONT)
    assert other.call("get_all_tables", {1: "default"}) == ["u"]


def test_a_failed_read_takes_no_write_along_unseen(
    postgres: Postgres, servers: list[Server], tmp_path: Path
) -> None:
    """A write and a read share a transaction, and PostgreSQL ends the read's statement."""
    metastore = start(servers, tmp_path, "a", postgres.url)
    first, writer, reader, other = (metastore.connect() for _ in range(4))
    first.call("get_all_databases")

    def waiting(what: str) -> str:
        return postgres.sql(
            "SELECT pid FROM pg_stat_activity WHERE application_name = 'glauxd' AND "
            f"wait_event_type = 'Lock' AND query LIKE '%{what}%'"
        )

    def send(connection: Hive, name: str, arguments: Fields) -> None:
        """Sent, and taken by the server: later calls of another connection are answered."""
        connection.socket.sendall(message(name, arguments))
        for _ in range(2):
            other.call("getStatus")

    with postgres.holding("BEGIN; LOCK TABLE functions"):
        with postgres.holding("SELECT pg_advisory_lock(711821)"):
            send(first, "create_table", {1: table_of("default", "first")})
            wait_for(lambda: waiting("advisory"))
            send(writer, "create_table", {1: table_of("default", "second")})
            send(reader, "get_all_functions", {})
        pid = wait_for(lambda: waiting("functions"))
        postgres.sql(f"SELECT pg_cancel_backend({pid})")
        first.answer()
        assert "canceling" in str(fails(reader.answer))
        assert "try it again" in str(fails(writer.answer))
    assert other.call("get_all_tables", {1: "default"}) == ["first"]


def test_a_server_starts_without_it(servers: list[Server], tmp_path: Path) -> None:
    with tempfile.TemporaryDirectory(prefix="glaux-pg-") as folder:
        late = Postgres(Path(folder))
        hive = start(servers, tmp_path, "a", late.url).connect()
        assert fails(lambda: hive.call("get_all_databases")).field == 1
        late.start()

        def answers() -> bool:
            try:
                return "default" in hive.call("get_all_databases")
            except ThriftError:
                return False

        wait_for(answers, every=0.1)
        late.stop()
