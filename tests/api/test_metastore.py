"""The server as a Hive metastore, spoken to in raw Thrift."""

from __future__ import annotations

import contextlib
import signal
import socket
import threading
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from conftest import light_settings
from hive_wire import Fields, Hive, Long, Short, ThriftError, message
from metastore import Metastore, column, partition_of, table_of
from server import Server, wait_for

NOT_ONE_OF_OURS = 10  # TApplicationException UNSUPPORTED_CLIENT_TYPE: clients do not try again
UNKNOWN_METHOD = 1


@pytest.fixture(scope="module")
def metastore(light: Server) -> Metastore:
    return Metastore(light)


@pytest.fixture
def database(hive: Hive, request: pytest.FixtureRequest) -> str:
    name = f"db_{abs(hash(request.node.name))}"
    hive.call("create_database", {1: {1: name, 3: f"s3://glaux-data/{name}"}})
    return name


def is_closed(connection: Hive) -> bool:
    """The server ends the connection, whatever it sends before; otherwise the time runs out."""
    try:
        while True:
            connection.take(1)
    except ConnectionError:
        return True


def fails(call: Callable[[], Any]) -> ThriftError:
    with pytest.raises(ThriftError) as caught:
        call()
    return caught.value


def test_only_sessions_are_served(metastore: Metastore) -> None:
    for ticket in (None, "", "wrong", metastore.ticket[:-1], metastore.session.id):
        if ticket is not None:
            stranger = Hive(metastore.port)
            error = fails(partial(stranger.call, "set_ugi", {1: "x", 2: [ticket]}))
            assert error.kind == NOT_ONE_OF_OURS
        else:
            stranger = Hive(metastore.port)
        assert fails(partial(stranger.call, "get_all_databases")).kind == NOT_ONE_OF_OURS
        stranger.close()
    friend = metastore.connect()
    assert "default" in friend.call("get_all_databases")
    friend.close()


def test_the_ticket_ends_with_its_session(light: Server) -> None:
    other = Metastore(light)
    connection = other.connect()
    other.session.end()
    wait_for(lambda: other.session.status()["State"] == "TERMINATED")
    assert fails(lambda: connection.call("get_all_databases")).kind == NOT_ONE_OF_OURS
    connection.close()


def test_glue_pages_over_all_functions(metastore: Metastore, hive: Hive) -> None:
    """They come in the order of databases, whatever the order of their names is."""
    said = {"fa": ("z", "e"), "fb": ("c",), "fc": ("d",)}
    for database, names in said.items():
        hive.call("create_database", {1: {1: database, 3: f"s3://glaux-data/{database}"}})
        for name in names:
            function = {1: name, 2: database, 3: "a.Class", 4: "me", 5: 1, 6: 0, 7: 1, 8: []}
            hive.call("create_function", {1: function})
    pages = metastore.server.client("glue").get_paginator("get_user_defined_functions")
    found = [
        f"{function['DatabaseName']}.{function['FunctionName']}"
        for page in pages.paginate(Pattern="*", PaginationConfig={"PageSize": 1})
        for function in page["UserDefinedFunctions"]
    ]
    for database, names in said.items():
        for name in names:
            hive.call("drop_function", {1: database, 2: name})
        hive.call("drop_database", {1: database, 2: False, 3: True})
    assert found == ["fa.e", "fa.z", "fb.c", "fc.d"]


HIVES_DEFAULTS = (
    "org.apache.hadoop.mapred.TextInputFormat",
    "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
    "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe",
)


def formats(record: Fields, storage: int) -> tuple[str, str, str]:
    return record[storage][3], record[storage][4], record[storage][7][2]


def test_a_database_of_glues_without_location(metastore: Metastore, hive: Hive) -> None:
    """Iceberg's catalogs put its tables below their own warehouse then; Hive's need a location."""
    glue = metastore.server.client("glue")
    glue.create_database(DatabaseInput={"Name": "roaming"})
    told = hive.call("get_database", {1: "roaming"})
    assert told[3] == "s3://glaux-data/warehouse/roaming.db"
    hive.call("alter_database", {1: "roaming", 2: told | {2: "by a session"}})
    kept = glue.get_database(Name="roaming")["Database"]
    assert kept["Description"] == "by a session"
    assert "LocationUri" not in kept
    hive.call("create_table", {1: table_of("roaming", "t")})
    table = hive.call("get_table", {1: "roaming", 2: "t"})
    assert table[7][2] == "s3://glaux-data/warehouse/roaming.db/t"
    assert hive.call("get_database", {1: "default"})[3] == "s3://glaux-data/warehouse"
    hive.call("alter_database", {1: "roaming", 2: told | {3: "s3://glaux-data/home"}})
    assert glue.get_database(Name="roaming")["Database"]["LocationUri"] == "s3://glaux-data/home"


def test_what_glues_clients_leave_out(metastore: Metastore, hive: Hive, database: str) -> None:
    glue = metastore.server.client("glue")
    storage: dict[str, Any] = {"Columns": [{"Name": "a", "Type": "int"}]}
    iceberg = {"table_type": "ICEBERG", "metadata_location": "s3://b/m"}
    tables: dict[str, dict[str, Any]] = {
        "nothing": {},
        "bare": {"StorageDescriptor": storage, "PartitionKeys": [{"Name": "p", "Type": "int"}]},
        "lake": {"StorageDescriptor": storage, "Parameters": iceberg},
        "seen": {"ViewOriginalText": "select 1", "ViewExpandedText": "select 1"},
    }
    for name, table in tables.items():
        glue.create_table(DatabaseName=database, TableInput={"Name": name} | table)
    orc = {"InputFormat": "in", "OutputFormat": "out", "SerdeInfo": {"SerializationLibrary": "so"}}
    glue.create_table(
        DatabaseName=database,
        TableInput={
            "Name": "orc",
            "StorageDescriptor": storage | orc,
            "PartitionKeys": [{"Name": "p", "Type": "int"}],
        },
    )
    for name in ("bare", "orc"):
        partition = {"Values": ["1"], "StorageDescriptor": {"Location": "s3://b/1"}}
        glue.create_partition(DatabaseName=database, TableName=name, PartitionInput=partition)
    read = {
        table[1]: table
        for table in hive.call(
            "get_table_objects_by_name", {1: database, 2: ["nothing", "bare", "lake", "seen"]}
        )
    }
    assert {name: table[12] for name, table in read.items()} == {
        "nothing": "EXTERNAL_TABLE",
        "bare": "EXTERNAL_TABLE",
        "lake": "EXTERNAL_TABLE",
        "seen": "VIRTUAL_VIEW",
    }
    assert read["nothing"][9]["EXTERNAL"] == "TRUE"  # nobody said that its data is the catalog's
    assert formats(read["nothing"], 7) == formats(read["bare"], 7) == HIVES_DEFAULTS
    assert formats(read["lake"], 7)[0] == "org.apache.hadoop.mapred.FileInputFormat"
    one = hive.call("get_partition", {1: database, 2: "orc", 3: ["1"]})
    assert formats(one, 6) == ("in", "out", "so")
    assert one[6][2] == "s3://b/1"
    every = hive.call("get_partitions", {1: database, 2: "bare", 3: -1})
    assert [formats(partition, 6) for partition in every] == [HIVES_DEFAULTS]
    kept = glue.get_table(DatabaseName=database, Name="bare")["Table"]
    assert "InputFormat" not in kept["StorageDescriptor"]
    assert "TableType" not in kept


def test_a_table_from_end_to_end(hive: Hive, database: str) -> None:
    hive.call("create_table", {1: table_of(database, "T1")})
    got = hive.call("get_table", {1: database.upper(), 2: "t1"})
    assert (got[1], got[2], got[3], got[12]) == ("t1", database, "me", "MANAGED_TABLE")
    assert got[7][1] == [{1: "c", 2: "int"}]
    assert got[7][2] == f"s3://glaux-data/{database}/t1"
    assert got[7][7] == {2: "serde", 3: {"a": "b"}}
    assert got[9]["k"] == "v"
    assert int(got[9]["transient_lastDdlTime"]) > 0
    assert hive.call("get_table_req", {1: {1: database, 2: "t1"}})[1] == got
    assert hive.call("get_all_tables", {1: database}) == ["t1"]
    assert hive.call("get_tables", {1: database, 2: "x*|T*"}) == ["t1"]
    assert hive.call("get_tables_by_type", {1: database, 2: "*", 3: "VIRTUAL_VIEW"}) == []
    assert hive.call("get_table_objects_by_name", {1: database, 2: ["t1", "none"]}) == [got]
    assert hive.call("get_table_meta", {1: database, 2: "*", 3: []})[0][2] == "t1"
    assert hive.call("get_fields", {1: database, 2: "t1"}) == [{1: "c", 2: "int"}]
    assert fails(lambda: hive.call("create_table", {1: table_of(database, "t1")})).field == 1
    assert fails(lambda: hive.call("drop_database", {1: database})).field == 2
    hive.call("drop_table", {1: database, 2: "t1", 3: True})
    assert fails(lambda: hive.call("get_table", {1: database, 2: "t1"})).field == 2


def test_unknown_methods_and_bad_arguments(hive: Hive) -> None:
    assert fails(lambda: hive.call("get_partitions_by_expr", {1: {}})).kind == UNKNOWN_METHOD
    assert fails(lambda: hive.call("create_table", {})).field == 2
    assert fails(lambda: hive.call("create_table", {1: {1: "no_database"}})).field == 2
    assert fails(lambda: hive.call("get_table", {})).field == 2
    assert fails(lambda: hive.call("lock", {1: {1: []}})).field == 0
    assert "default" in hive.call("get_all_databases")


def test_partitions(hive: Hive, database: str) -> None:
    keys = [column("year", "int"), column("city", "string")]
    hive.call("create_table", {1: table_of(database, "p", keys)})
    for year in range(8, 12):
        hive.call("add_partition", {1: partition_of(database, "p", str(year), "a/b =")})
    request = {1: database, 2: "p", 3: [partition_of(database, "p", "8", "a/b =")], 4: True}
    assert hive.call("add_partitions_req", {1: request})[1] == []
    again = partition_of(database, "p", "8", "a/b =")
    assert fails(lambda: hive.call("add_partition", {1: again})).field == 2

    names = hive.call("get_partition_names", {1: database, 2: "p", 3: Short(-1)})
    assert names == [f"year={year}/city=a%2Fb %3D" for year in ("10", "11", "8", "9")]
    assert len(hive.call("get_partitions", {1: database, 2: "p", 3: Short(2)})) == 2
    found = hive.call(
        "get_partitions_by_filter", {1: database, 2: "p", 3: "year > 8 and year <= 10"}
    )
    assert sorted(p[1][0] for p in found) == ["10", "9"]
    assert found[0][6][2].startswith(f"s3://glaux-data/{database}/p/year=10/city=a%2Fb")
    bad = {1: database, 2: "p", 3: "month = 3"}
    assert fails(lambda: hive.call("get_partitions_by_filter", bad)).field == 1
    assert len(hive.call("get_partitions_ps", {1: database, 2: "p", 3: ["", "a/b ="]})) == 4
    assert len(hive.call("get_partitions_by_names", {1: database, 2: "p", 3: names[:3]})) == 3

    moved = partition_of(database, "p", "12", "x")
    hive.call("rename_partition", {1: database, 2: "p", 3: ["8", "a/b ="], 4: moved})
    assert hive.call("get_partition", {1: database, 2: "p", 3: ["12", "x"]})[6][2].endswith("%3D")
    assert hive.call("drop_partition", {1: database, 2: "p", 3: ["12", "x"], 4: False}) is True
    missing = {1: database, 2: "p", 3: ["12", "x"]}
    assert fails(lambda: hive.call("get_partition", missing)).field == 2


def test_compare_and_swap_lets_one_win(metastore: Metastore, hive: Hive, database: str) -> None:
    """HIVE-26882, as Iceberg commits without locks: every change builds on the one before."""
    writers, commits = 8, 10
    hive.call("create_table", {1: table_of(database, "c", n="0")})
    refused = []

    def write() -> None:
        connection = metastore.connect()
        done = 0
        while done < commits:
            table = connection.call("get_table", {1: database, 2: "c"})
            old = table[9]["n"]
            table[9]["n"] = str(int(old) + 1)
            expected = {"expected_parameter_key": "n", "expected_parameter_value": old}
            arguments = {1: database, 2: "c", 3: table, 4: {1: expected}}
            try:
                connection.call("alter_table_with_environment_context", arguments)
                done += 1
            except ThriftError as error:
                refused.append(str(error))
        connection.close()

    threads = [threading.Thread(target=write) for _ in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert hive.call("get_table", {1: database, 2: "c"})[9]["n"] == str(writers * commits)
    assert refused
    for text in refused:  # the words that Iceberg looks for
        assert "The table has been modified. The parameter value for key 'n' is" in text


def lock_request(database: str, table: str) -> Fields:
    return {1: {1: [{1: 3, 2: 2, 3: database, 4: table}], 3: "user", 4: "host"}}


def test_locks_exclude_and_queue(hive: Hive, database: str) -> None:
    held, waits = 1, 2
    first = hive.call("lock", lock_request(database, "t"))
    second = hive.call("lock", lock_request(database, "t"))
    other = hive.call("lock", lock_request(database, "u"))
    assert (first[2], second[2], other[2]) == (held, waits, held)
    assert hive.call("check_lock", {1: {1: Long(second[1])}})[2] == waits
    hive.call("unlock", {1: {1: Long(first[1])}})
    assert hive.call("check_lock", {1: {1: Long(second[1])}})[2] == held
    assert {row[1] for row in hive.call("show_locks", {1: {}})[1]} >= {second[1], other[1]}
    assert fails(lambda: hive.call("unlock", {1: {1: Long(first[1])}})).field == 1
    hive.call("heartbeat", {1: {1: Long(second[1])}})
    for lock in (second, other):
        hive.call("unlock", {1: {1: Long(lock[1])}})


def test_functions_and_statistics(hive: Hive, database: str) -> None:
    function = {1: "F", 2: database, 3: "org.Class", 7: 1, 8: [{1: 1, 2: "s3://glaux-data/f.jar"}]}
    hive.call("create_function", {1: function})
    assert hive.call("get_functions", {1: database, 2: "*"}) == ["f"]
    assert hive.call("get_function", {1: database, 2: "f"})[8] == [
        {1: 1, 2: "s3://glaux-data/f.jar"}
    ]
    assert "f" in [f[1] for f in hive.call("get_all_functions")[1]]
    hive.call("drop_function", {1: database, 2: "f"})

    hive.call("create_table", {1: table_of(database, "s")})
    longs = {1: Long(-5), 2: Long(5), 3: Long(1), 4: Long(9)}
    statistics = {1: {1: True, 2: database, 3: "s"}, 2: [{1: "c", 2: "int", 3: {2: longs}}]}
    assert hive.call("update_table_column_statistics", {1: statistics}) is True
    got = hive.call("get_table_statistics_req", {1: {1: database, 2: "s", 3: ["c", "x"]}})
    assert got[1] == [{1: "c", 2: "int", 3: {2: longs}}]
    hive.call("delete_table_column_statistics", {1: database, 2: "s", 3: "c"})
    gone = {1: database, 2: "s", 3: "c"}
    assert fails(lambda: hive.call("get_table_column_statistics", gone)).field == 1


def test_calls_in_one_packet_and_in_pieces(hive: Hive) -> None:
    three = message("get_all_databases", {}) * 3
    hive.socket.sendall(three)
    assert len({tuple(hive.answer()) for _ in range(3)}) == 1
    for byte in message("get_database", {1: "default"}):
        hive.socket.sendall(bytes([byte]))
    assert hive.answer()[1] == "default"
    hive.socket.sendall(message("shutdown", {}, kind=4) + message("get_all_databases", {}))
    assert "default" in hive.answer()


@pytest.mark.parametrize(
    "noise",
    [
        b"GET / HTTP/1.1\r\n\r\n",
        b"\x80\x01\x00\x01\x7f\xff\xff\xff",
        message("get_table", {})[:-1] + b"\x0c\x00\x01" * 60,
        message("x", {})[:-1] + b"\x0f\x00\x01\x0c\xff\xff\xff\xff",
        b"\x00" * 100,
    ],
)
def test_noise_ends_the_connection_only(metastore: Metastore, noise: bytes) -> None:
    stranger, friend = Hive(metastore.port), metastore.connect()
    for connection in (stranger, friend):
        connection.socket.sendall(noise)
        assert is_closed(connection)
        connection.close()
    after = metastore.connect()
    assert after.call("getStatus") == 2
    after.close()


def test_strangers_make_room_for_sessions(new_light: Callable[..., Server]) -> None:
    metastore = Metastore(new_light("metastore.max_connections=3"))
    first = metastore.connect()
    strangers = [socket.create_connection(("127.0.0.1", metastore.port), 30) for _ in range(6)]
    second = metastore.connect()
    for hive in (first, second):
        assert "default" in hive.call("get_all_databases")
        hive.close()
    for stranger in strangers:
        stranger.close()


def test_a_refused_stranger_does_not_stay(metastore: Metastore) -> None:
    stranger = Hive(metastore.port)
    assert fails(partial(stranger.call, "get_all_databases")).kind == NOT_ONE_OF_OURS
    assert is_closed(stranger)
    stranger.close()


def test_large_calls_are_bounded_together(new_light: Callable[..., Server]) -> None:
    metastore = Metastore(new_light("metastore.max_message=1MiB"))
    half = message("get_table", {1: "x" * 1000000})[:-100000]
    many = [metastore.connect() for _ in range(8)]
    for connection in many:
        with contextlib.suppress(OSError):
            connection.socket.sendall(half)
    for connection in many:
        connection.socket.settimeout(0.1)

    def is_ended(connection: Hive) -> bool:
        try:
            connection.take(1)
        except TimeoutError:
            return False
        except ConnectionError:
            return True
        return False

    wait_for(lambda: any(map(is_ended, many)))
    assert not all(map(is_ended, many))
    friend = metastore.connect()
    assert "default" in friend.call("get_all_databases")


def test_a_stranger_sends_little(metastore: Metastore) -> None:
    stranger = Hive(metastore.port)
    with contextlib.suppress(OSError):
        stranger.socket.sendall(message("get_table", {1: "x" * 1000000}))
    assert is_closed(stranger)
    stranger.close()


@pytest.mark.parametrize("count", [100_001, 10_000_000])
@pytest.mark.parametrize(
    ("method", "arguments"),
    [
        ("get_table_objects_by_name", {1: "default", 2: []}),
        ("get_partitions_by_names", {1: "default", 2: "many", 3: []}),
    ],
)
def test_a_list_that_is_too_long_is_refused(
    metastore: Metastore, hive: Hive, method: str, arguments: Fields, count: int
) -> None:
    """Four bytes of an empty name stand for a whole table's room in the answer, and for a query."""
    with contextlib.suppress(ThriftError):
        hive.call("create_table", {1: table_of("default", "many", [column("n", "int")])})
    empty = message(method, arguments)
    hive.socket.sendall(empty[:-5] + count.to_bytes(4, "big") + bytes(4 * count) + b"\0")
    assert "too large" in str(fails(hive.answer))
    assert "default" in hive.call("get_all_databases")


@pytest.mark.parametrize(
    ("method", "arguments", "rest"),
    [
        ("add_partitions", {1: [{}]}, 1),
        ("alter_partitions", {1: "default", 2: "many", 3: [{}]}, 1),
        ("add_partitions_req", {1: {1: "default", 2: "many", 4: True, 3: [{}]}}, 2),
        ("set_aggr_stats_for", {1: {1: [{}]}}, 2),
    ],
)
def test_partitions_that_are_too_many_are_refused(
    hive: Hive, method: str, arguments: Fields, rest: int
) -> None:
    """Each, a byte here, is several queries in one transaction, for which all others wait."""
    one = message(method, arguments)
    count = 100_001
    many = one[: -4 - 1 - rest] + count.to_bytes(4, "big") + bytes(count) + bytes(rest)
    hive.socket.sendall(many)
    assert "it names 100001 tables or partitions" in str(fails(hive.answer))
    assert "default" in hive.call("get_all_databases")


def test_a_pattern_that_is_too_long_is_refused(hive: Hive) -> None:
    """It would be tried on every name."""
    for arguments in ({1: "default", 2: "|" * 5000}, {1: "*" * 5000, 2: "*"}):
        assert "too large" in str(fails(lambda: hive.call("get_tables", arguments)))  # noqa: B023
    assert "default" in hive.call("get_all_databases")


def test_tables_outlive_a_server_that_is_killed(tmp_path: Path) -> None:
    """kill -9 amid commits, again and again: what was answered is there, and a lock is held on."""
    server = Server(tmp_path / "data", light_settings(tmp_path)).start()
    try:
        metastore = Metastore(server)
        hive = metastore.connect()
        hive.call("create_table", {1: table_of("default", "p", [column("n", "int")])})
        lock = hive.call("lock", lock_request("default", "p"))
        answered: list[int] = []
        for round_number in range(4):
            hive = metastore.connect()
            killer = threading.Timer(0.15, server.end, [signal.SIGKILL])
            killer.start()
            try:
                while True:
                    n = round_number * 1000000 + len(answered)
                    hive.call("add_partition", {1: partition_of("default", "p", str(n))})
                    answered.append(n)
            except (ConnectionError, OSError):
                killer.join()
            port = metastore.port
            server.start()
            assert metastore.port == port
            hive = metastore.connect()
            rows = hive.call("get_partition_names", {1: "default", 2: "p", 3: Short(-1)})
            kept = {int(name.removeprefix("n=")) for name in rows}
            assert set(answered) <= kept
            assert len(kept) <= len(answered) + round_number + 1
        assert hive.call("check_lock", {1: {1: Long(lock[1])}})[2] == 1
        assert answered
    finally:
        server.end()


def test_dropped_data_goes(metastore: Metastore, hive: Hive, database: str) -> None:
    s3 = metastore.server.client("s3")
    for key in ("t/a", "t/deep/b", "tt/c", "t"):
        s3.put_object(Bucket="glaux-data", Key=f"{database}/{key}", Body=b"x")
    hive.call("create_table", {1: table_of(database, "t")})
    outside = table_of(database, "tt", EXTERNAL="TRUE")
    hive.call("create_table", {1: outside | {12: "EXTERNAL_TABLE"}})
    for table in ("t", "tt"):
        hive.call("drop_table", {1: database, 2: table, 3: True})
    left = s3.list_objects_v2(Bucket="glaux-data", Prefix=f"{database}/").get("Contents", [])
    assert [o["Key"] for o in left] == [f"{database}/t", f"{database}/tt/c"]


def keys_below(server: Server, bucket: str, prefix: str) -> list[str]:
    page = server.client("s3").list_objects_v2(Bucket=bucket, Prefix=prefix)
    return [o["Key"] for o in page.get("Contents", [])]


def test_what_is_new_has_a_folder(metastore: Metastore, hive: Hive, database: str) -> None:
    """Spark refuses to read a table of Hive's whose folder is not there."""
    s3 = metastore.server.client("s3")
    s3.put_object(Bucket="glaux-data", Key=f"{database}/full/a", Body=b"x")
    own = table_of(database, "own")
    own[9] = {"spark.sql.sources.provider": "x"}
    hive.call("create_table", {1: table_of(database, "full")})
    hive.call("create_table", {1: table_of(database, "empty", [column("n", "int")])})
    hive.call("create_table", {1: own})
    hive.call("add_partition", {1: partition_of(database, "empty", "1")})
    hive.call("add_partitions", {1: [partition_of(database, "empty", n) for n in ("2", "3")]})
    assert keys_below(metastore.server, "glaux-data", f"{database}/") == [
        f"{database}/empty/",
        *(f"{database}/empty/n={n}/" for n in (1, 2, 3)),
        f"{database}/full/a",
    ]
    hive.call("drop_table", {1: database, 2: "empty", 3: True})
    assert keys_below(metastore.server, "glaux-data", f"{database}/empty") == []


def test_a_session_makes_folders_only_where_it_writes(
    metastore: Metastore, hive: Hive, database: str
) -> None:
    metastore.server.client("s3").create_bucket(Bucket="foreign-folders")
    for name, location in (("t", "s3://foreign-folders/t"), ("u", "s3://not-there/u")):
        table = table_of(database, name)
        table[7] = table[7] | {2: location}
        hive.call("create_table", {1: table})
        assert hive.call("get_table", {1: database, 2: name})[1] == name
    assert keys_below(metastore.server, "foreign-folders", "") == []


def test_a_session_drops_no_data_that_it_does_not_reach(
    metastore: Metastore, hive: Hive, database: str
) -> None:
    s3 = metastore.server.client("s3")
    s3.create_bucket(Bucket="foreign")
    s3.put_object(Bucket="foreign", Key="data/a", Body=b"x")
    table = table_of(database, "t", [column("n", "int")])
    table[7] = table[7] | {2: "s3://foreign/data"}
    hive.call("create_table", {1: table})
    own = table_of(database, "own", [column("n", "int")])
    hive.call("create_table", {1: own})
    part = partition_of(database, "own", "1")
    part[6] = part[6] | {2: "s3a://foreign/data/"}
    hive.call("add_partition", {1: part})
    dots = table_of(database, "dots", [column("n", "int")])
    dots[7] = dots[7] | {2: "s3://glaux-data/a/../dots"}
    hive.call("create_table", {1: dots})
    for name, arguments in (
        ("drop_table", {1: database, 2: "t", 3: True}),
        ("drop_table", {1: database, 2: "dots", 3: True}),
        ("drop_table", {1: database, 2: "own", 3: True}),
        ("drop_partition", {1: database, 2: "own", 3: ["1"], 4: True}),
        ("drop_database", {1: database, 2: True, 3: True}),
    ):
        assert "not writable" in str(fails(partial(hive.call, name, arguments)))
    assert hive.call("get_partition_names", {1: database, 2: "own", 3: Short(-1)}) == ["n=1"]
    assert s3.get_object(Bucket="foreign", Key="data/a")["Body"].read() == b"x"
    hive.call("drop_table", {1: database, 2: "t", 3: False})
    hive.call("drop_table", {1: database, 2: "dots", 3: False})
    hive.call("drop_partition", {1: database, 2: "own", 3: ["1"], 4: False})
    hive.call("drop_table", {1: database, 2: "own", 3: True})
    assert s3.get_object(Bucket="foreign", Key="data/a")["Body"].read() == b"x"


def test_dropped_data_goes_with_the_next_server(tmp_path: Path) -> None:
    """Killed amid a drop of many objects: what is left of them goes, what came later stays."""
    server = Server(tmp_path / "data", light_settings(tmp_path)).start()
    try:
        metastore = Metastore(server)
        hive, s3 = metastore.connect(), server.client("s3")
        hive.call("create_table", {1: table_of("default", "t")})
        folder = "warehouse/t/"
        for n in range(1200):
            s3.put_object(Bucket="glaux-data", Key=f"{folder}{n}", Body=b"")
        hive.socket.sendall(message("drop_table", {1: "default", 2: "t", 3: True}))
        wait_for(lambda: "t" not in metastore.connect().call("get_all_tables", {1: "default"}))
        server.end(signal.SIGKILL)
        server.start()
        s3 = server.client("s3")
        s3.put_object(Bucket="glaux-data", Key=f"{folder}new", Body=b"")

        def keys() -> list[str]:
            page = s3.list_objects_v2(Bucket="glaux-data", Prefix=folder)
            return [o["Key"] for o in page.get("Contents", [])]

        wait_for(lambda: len(keys()) == 1)
        assert keys() == [f"{folder}new"]
    finally:
        server.end()
