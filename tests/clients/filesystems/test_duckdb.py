"""DuckDB's httpfs. DuckDB's wheel does not carry it; the package duckdb-ext-httpfs does."""

from __future__ import annotations

from importlib.metadata import files as files_of
from typing import Any

import duckdb
import pytest
from server import Server


@pytest.fixture
def database(glaux: Server) -> Any:
    packaged = files_of("duckdb-ext-httpfs") or []
    extension = next(file for file in packaged if file.suffix == ".duckdb_extension")
    connection = duckdb.connect(config={"autoinstall_known_extensions": False})
    connection.load_extension(str(extension.locate()))
    connection.execute(
        f"CREATE SECRET (TYPE s3, KEY_ID '{glaux.key_id}', SECRET '{glaux.secret}', "
        f"REGION '{glaux.region}', ENDPOINT '{glaux.endpoint.removeprefix('http://')}', "
        "URL_STYLE 'path', USE_SSL false)"
    )
    return connection


def rows(database: Any, query: str) -> list[tuple[Any, ...]]:
    return list(database.execute(query).fetchall())


def test_files_are_written_and_read(database: Any, bucket: str) -> None:
    for kind in ("parquet", "csv", "json"):
        url = f"s3://{bucket}/dir/ä b.{kind}"
        database.execute(f"COPY (SELECT range AS id, range % 7 AS k FROM range(100000)) TO '{url}'")
        assert rows(database, f"SELECT count(*), sum(id), sum(k) FROM '{url}'") == [
            (100000, 4999950000, 299995)
        ]


def test_a_large_file_goes_up_in_parts(database: Any, s3: Any, bucket: str) -> None:
    url = f"s3://{bucket}/large.parquet"
    database.execute(
        "COPY (SELECT range AS id, random() AS x, gen_random_uuid() AS u FROM range(2000000)) "
        f"TO '{url}' (COMPRESSION uncompressed)"
    )
    assert s3.head_object(Bucket=bucket, Key="large.parquet")["ContentLength"] > 50_000_000
    assert rows(database, f"SELECT id FROM '{url}' WHERE id BETWEEN 1500000 AND 1500001") == [
        (1500000,),
        (1500001,),
    ]


def test_a_partitioned_tree_and_globs(database: Any, bucket: str) -> None:
    database.execute(
        "COPY (SELECT range AS id, range % 3 AS part FROM range(3000)) "
        f"TO 's3://{bucket}/tree' (FORMAT parquet, PARTITION_BY (part))"
    )
    query = f"FROM read_parquet('s3://{bucket}/tree/**/*.parquet', hive_partitioning = true)"
    assert rows(database, f"SELECT part, count(*) {query} GROUP BY part ORDER BY part") == [
        (0, 1000),
        (1, 1000),
        (2, 1000),
    ]
    listed = rows(database, f"SELECT file FROM glob('s3://{bucket}/tree/part=1/*')")
    assert len(listed) == 1


def test_what_is_not_there(database: Any, bucket: str) -> None:
    with pytest.raises(duckdb.Error, match="404"):
        database.execute(f"SELECT * FROM 's3://{bucket}/nothing.parquet'")
