"""PyAthena's metadata calls and its cursor for SQL, unmodified, with versions 3 and 4."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from pyathena import connect
from pyathena.error import OperationalError
from server import Server

pytestmark = pytest.mark.usefixtures("environment")


@pytest.fixture
def database(glaux: Server) -> Any:
    glue = glaux.client("glue")
    name = f"py_{uuid.uuid4().hex[:12]}"
    glue.create_database(DatabaseInput={"Name": name})
    for table in ("sales", "sales_2024"):
        glue.create_table(
            DatabaseName=name,
            TableInput={
                "Name": table,
                "TableType": "EXTERNAL_TABLE",
                "StorageDescriptor": {
                    "Columns": [{"Name": "a", "Type": "int", "Comment": "c"}],
                    "Location": f"s3://glaux-data/{name}/{table}",
                    "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
                    "OutputFormat": ("org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat"),
                    "SerdeInfo": {
                        "SerializationLibrary": (
                            "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
                        ),
                    },
                },
                "PartitionKeys": [{"Name": "p", "Type": "string"}],
            },
        )
    yield name
    glue.delete_database(Name=name)


@pytest.fixture
def cursor(environment: dict[str, str], database: str) -> Any:
    connection = connect(
        s3_staging_dir="s3://glaux-results/pyathena/",
        region_name="us-east-1",
        schema_name=database,
        poll_interval=0.1,
    )
    with connection.cursor() as one:
        yield one


def test_metadata(cursor: Any, database: str) -> None:
    assert database in [d.name for d in cursor.list_databases("awsdatacatalog")]
    table = cursor.get_table_metadata("sales")
    assert [(c.name, c.type, c.comment) for c in table.columns] == [("a", "int", "c")]
    assert [k.name for k in table.partition_keys] == ["p"]
    assert table.location == f"s3://glaux-data/{database}/sales"
    assert [t.name for t in cursor.list_table_metadata()] == ["sales", "sales_2024"]
    assert [t.name for t in cursor.list_table_metadata(expression="sales_.*")] == ["sales_2024"]
    with pytest.raises(OperationalError, match="EntityNotFoundException"):
        cursor.get_table_metadata("nothing")


def test_statements(cursor: Any, database: str) -> None:
    cursor.execute("SHOW TABLES")
    assert cursor.fetchall() == [("sales",), ("sales_2024",)]
    assert [c[0] for c in cursor.description] == ["tab_name"]
    cursor.execute("ALTER TABLE sales ADD PARTITION (p='1') PARTITION (p='2')")
    assert cursor.fetchall() == []
    cursor.execute("SHOW PARTITIONS sales")
    assert cursor.fetchall() == [("p=1",), ("p=2",)]
    cursor.execute("SHOW COLUMNS IN sales")
    assert cursor.fetchall() == [(name.ljust(20),) for name in ("a", "p")]
    with pytest.raises(OperationalError, match="Table not found"):
        cursor.execute("DESCRIBE nothing")
