"""StartQueryExecution and what follows, through boto3: DDL and metadata, run by Spark."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from botocore.exceptions import ClientError
from json_wire import refused
from server import Server, wait_for

ENDED = ("SUCCEEDED", "FAILED", "CANCELLED")
Json = dict[str, Any]


class Statements:
    """The statements of one server."""

    def __init__(self, server: Server) -> None:
        self.athena = server.client("athena")
        self.s3 = server.client("s3")
        self.glue = server.client("glue")

    def start(self, sql: str, **options: Any) -> str:
        return str(
            self.athena.start_query_execution(QueryString=sql, **options)["QueryExecutionId"]
        )

    def get(self, query_id: str) -> Json:
        return dict(self.athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"])

    def wait(self, query_id: str, timeout: float = 120) -> Json:
        def ended() -> Json | None:
            query = self.get(query_id)
            return query if query["Status"]["State"] in ENDED else None

        query: Json = wait_for(ended, timeout)
        return query

    def run(self, sql: str, **options: Any) -> Json:
        query = self.wait(self.start(sql, **options))
        assert query["Status"]["State"] == "SUCCEEDED", query["Status"]
        return query

    def results(self, query: Json, **options: Any) -> Json:
        return dict(
            self.athena.get_query_results(QueryExecutionId=query["QueryExecutionId"], **options)
        )

    def rows(self, sql: str, **options: Any) -> list[str]:
        answer = self.results(self.run(sql, **options))
        return [row["Data"][0]["VarCharValue"] for row in answer["ResultSet"]["Rows"]]

    def failure(self, sql: str, **options: Any) -> str:
        status = self.wait(self.start(sql, **options))["Status"]
        assert status["State"] == "FAILED", status
        assert status["AthenaError"]["ErrorMessage"] == status["StateChangeReason"]
        return str(status["StateChangeReason"])

    def text(self, query: Json) -> str:
        bucket, key = query["ResultConfiguration"]["OutputLocation"][5:].split("/", 1)
        return str(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())


@pytest.fixture(scope="module")
def sql(glaux: Server) -> Statements:
    return Statements(glaux)


@pytest.fixture(scope="module")
def athena(light: Server) -> Any:
    return light.client("athena")


@pytest.fixture
def database(sql: Statements) -> Any:
    name = f"db_{uuid.uuid4().hex[:12]}"
    sql.run(f"create schema if not exists `{name}`")
    yield name
    sql.run(f"drop schema if exists {name} cascade")


# --- with Spark ---


def test_ddl_has_no_rows_and_an_empty_object(sql: Statements, database: str) -> None:
    query = sql.run(f"CREATE DATABASE IF NOT EXISTS {database} -- there already;\n;")
    assert query["Query"] == f"CREATE DATABASE IF NOT EXISTS {database}"
    assert (query["StatementType"], query["SubstatementType"]) == ("DDL", "CREATE_DATABASE")
    assert query["WorkGroup"] == "primary"
    assert query["EngineVersion"]["EffectiveEngineVersion"] == "Athena engine version 3"
    location = f"s3://glaux-results/{query['QueryExecutionId']}.txt"
    assert query["ResultConfiguration"]["OutputLocation"] == location
    assert "StateChangeReason" not in query["Status"]
    assert query["Status"]["CompletionDateTime"] >= query["Status"]["SubmissionDateTime"]
    statistics = query["Statistics"]
    assert statistics["DataScannedInBytes"] == 0
    assert statistics["TotalExecutionTimeInMillis"] >= statistics["EngineExecutionTimeInMillis"] > 0
    answer = sql.results(query)
    assert answer["ResultSet"] == {"Rows": [], "ResultSetMetadata": {"ColumnInfo": []}}
    assert sql.text(query) == ""


def test_show_has_a_row_a_line(sql: Statements, database: str) -> None:
    query = sql.run("SHOW DATABASES")
    assert query["StatementType"] == "UTILITY"
    answer = sql.results(query)
    info = answer["ResultSet"]["ResultSetMetadata"]["ColumnInfo"]
    assert [(c["Name"], c["Type"]) for c in info] == [("database_name", "string")]
    rows = [row["Data"][0]["VarCharValue"] for row in answer["ResultSet"]["Rows"]]
    assert {"default", database} <= set(rows)
    assert sql.text(query).splitlines() == rows


def test_rows_come_in_pages(sql: Statements, database: str) -> None:
    query = sql.run("show schemas")
    whole = [r["Data"][0]["VarCharValue"] for r in sql.results(query)["ResultSet"]["Rows"]]
    pages = sql.athena.get_paginator("get_query_results").paginate(
        QueryExecutionId=query["QueryExecutionId"], PaginationConfig={"PageSize": 1}
    )
    parts = [page["ResultSet"]["Rows"] for page in pages]
    assert [len(part) for part in parts] == [1] * len(whole)
    assert [part[0]["Data"][0]["VarCharValue"] for part in parts] == whole
    other = sql.run("show databases")
    token = sql.results(query, MaxResults=1)["NextToken"]
    with refused(""):
        sql.results(other, NextToken=token)


def test_errors_have_athenas_words(sql: Statements, database: str) -> None:
    assert sql.failure(f"describe {database}.nothing") == (
        f"FAILED: SemanticException [Error 10001]: Table not found {database}.nothing"
    )
    assert sql.failure("drop database nowhere") == (
        "FAILED: SemanticException [Error 10072]: Database does not exist: nowhere"
    )
    assert sql.failure(f"create database {database}").endswith(
        f"Database {database} already exists"
    )
    assert "ParseException" in sql.failure("create table (")
    query = sql.wait(sql.start(f"describe {database}.nothing"))
    with refused("Query did not finish successfully. Final query state: FAILED"):
        sql.results(query)


def test_the_database_of_the_context(sql: Statements, database: str) -> None:
    context = {"Database": database, "Catalog": "awsdatacatalog"}
    assert sql.rows("show tables", QueryExecutionContext=context) == []
    reason = sql.failure("show tables", QueryExecutionContext={"Database": "nowhere"})
    assert "Database does not exist: nowhere" in reason
    # as dbt does it: the database is made by a statement in its own context
    fresh = f"{database}_fresh"
    sql.run(f"create schema {fresh}", QueryExecutionContext={"Database": fresh})
    sql.run(f"drop schema {fresh}", QueryExecutionContext={"Database": fresh})


def test_a_statement_is_no_code(sql: Statements, database: str) -> None:
    evil = f'create database {database} comment \'"""\n{{sc}} $HOME %%sh\nexit()\''
    assert sql.failure(evil).endswith("already exists")
    assert sql.rows("show databases like 'default'") == ["default"]


def test_iceberg_tables(sql: Statements, database: str) -> None:
    """As dbt and Athena's users make them; other tables stay what they are."""
    sql.run(
        f"CREATE TABLE {database}.ice (id int, day string) PARTITIONED BY (day) "
        f"LOCATION 's3://glaux-data/{database}/ice/' TBLPROPERTIES ('table_type'='ICEBERG')"
    )
    sql.run(
        f"create external table {database}.text (a int) location 's3://glaux-data/{database}/t'"
    )
    assert sql.rows("show tables", QueryExecutionContext={"Database": database}) == ["ice", "text"]
    assert [row.split()[:2] for row in sql.rows(f"describe {database}.text")] == [["a", "int"]]
    described = [row.split() for row in sql.rows(f"describe {database}.ice")]
    assert described[:2] == [["id", "int"], ["day", "string"]]
    glue = sql.glue.get_table(DatabaseName=database, Name="ice")["Table"]
    assert glue["Parameters"]["table_type"].upper() == "ICEBERG"
    assert glue["Parameters"]["metadata_location"].startswith(f"s3://glaux-data/{database}/ice/")
    sql.run(f"drop table {database}.ice")


def test_location_of_the_call(sql: Statements) -> None:
    sql.s3.create_bucket(Bucket="statements")
    query = sql.run(
        "show databases", ResultConfiguration={"OutputLocation": "s3://statements/a/b/"}
    )
    location = f"s3://statements/a/b/{query['QueryExecutionId']}.txt"
    assert query["ResultConfiguration"]["OutputLocation"] == location
    assert "default" in sql.text(query)
    with refused("Unable to verify/create output bucket nowhere-at-all"):
        sql.start("show databases", ResultConfiguration={"OutputLocation": "s3://nowhere-at-all/x"})


def test_the_session_is_not_among_the_users(sql: Statements) -> None:
    sql.run("show databases")
    for group in ("spark", "primary"):
        assert sql.athena.list_sessions(WorkGroup=group)["Sessions"] == []
    with refused(""):
        sql.athena.list_sessions(WorkGroup="@queries")


def test_list_and_batch(sql: Statements) -> None:
    ids = [sql.run("show databases")["QueryExecutionId"] for _ in range(3)]
    listed = sql.athena.list_query_executions(MaxResults=2)
    assert listed["QueryExecutionIds"] == [ids[2], ids[1]]
    rest = sql.athena.list_query_executions(NextToken=listed["NextToken"])
    assert rest["QueryExecutionIds"][0] == ids[0]
    answer = sql.athena.batch_get_query_execution(QueryExecutionIds=[ids[1], "unknown", ids[0]])
    assert [q["QueryExecutionId"] for q in answer["QueryExecutions"]] == [ids[1], ids[0]]
    assert [u["QueryExecutionId"] for u in answer["UnprocessedQueryExecutionIds"]] == ["unknown"]


def test_statements_survive_the_server(new_server: Any) -> None:
    server = new_server()
    sql = Statements(server)
    first = sql.run("create database kept")
    waiting = [sql.start("show databases") for _ in range(3)]
    server.restart(9)
    again = Statements(server)
    assert again.get(first["QueryExecutionId"])["Status"]["State"] == "SUCCEEDED"
    for query_id in waiting:
        query = again.wait(query_id)
        assert query["Status"]["State"] == "SUCCEEDED", query["Status"]
        assert again.results(query)["ResultSet"]["Rows"]


# --- without ---


def start(athena: Any, sql: str = "show databases", **options: Any) -> str:
    return str(athena.start_query_execution(QueryString=sql, **options)["QueryExecutionId"])


def state(athena: Any, query_id: str) -> str:
    answer = athena.get_query_execution(QueryExecutionId=query_id)
    return str(answer["QueryExecution"]["Status"]["State"])


def test_a_waiting_statement_can_be_stopped(athena: Any) -> None:
    first, second = start(athena), start(athena)
    assert state(athena, second) == "QUEUED"
    with refused("Query has not yet finished. Current state: QUEUED"):
        athena.get_query_results(QueryExecutionId=second)
    athena.stop_query_execution(QueryExecutionId=second)
    wait_for(lambda: state(athena, second) == "CANCELLED")
    athena.stop_query_execution(QueryExecutionId=first)
    wait_for(lambda: state(athena, first) == "CANCELLED")
    answer = athena.get_query_execution(QueryExecutionId=second)["QueryExecution"]
    assert answer["Status"]["StateChangeReason"] == "Query cancelled by user"
    athena.stop_query_execution(QueryExecutionId=second)
    assert state(athena, second) == "CANCELLED"


@pytest.mark.parametrize(
    "operation", ["get_query_execution", "get_query_results", "stop_query_execution"]
)
def test_unknown_ids(athena: Any, operation: str) -> None:
    with refused("QueryExecution unknown was not found"):
        getattr(athena, operation)(QueryExecutionId="unknown")


@pytest.mark.parametrize(
    "sql",
    ["select 1", "insert into t values (1)", "create table t as select 1", "drop", "values 1"],
)
def test_other_sql_is_refused_at_once(athena: Any, sql: str) -> None:
    with pytest.raises(ClientError) as error:
        start(athena, sql)
    assert error.value.response["AthenaErrorCode"] == "INVALID_INPUT"
    assert "it runs no other SQL" in str(error.value)


def test_one_statement_at_a_time(athena: Any) -> None:
    with pytest.raises(ClientError, match="Only one sql statement is allowed") as error:
        start(athena, "show databases; show databases")
    assert error.value.response["AthenaErrorCode"] == "MALFORMED_QUERY"
    with refused("Query string is empty."):
        start(athena, " -- nothing\n;")
    with refused(""):
        start(athena, "show databases \x00")
    with refused(""):
        start(athena, "show databases " + " " * 262144)


def test_workgroups(athena: Any) -> None:
    with pytest.raises(ClientError) as error:
        start(athena, WorkGroup="spark")
    assert "runs Apache Spark" in str(error.value)
    with refused("WorkGroup is not found."):
        start(athena, WorkGroup="nowhere")
    athena.create_work_group(
        Name="sql",
        Configuration={
            "ResultConfiguration": {"OutputLocation": "s3://glaux-results/of/group/"},
            "EnforceWorkGroupConfiguration": True,
        },
    )
    asked = {"OutputLocation": "s3://glaux-results/of/client/"}
    query_id = start(athena, WorkGroup="sql", ResultConfiguration=asked)
    query = athena.get_query_execution(QueryExecutionId=query_id)["QueryExecution"]
    location = f"s3://glaux-results/of/group/{query_id}.txt"
    assert query["ResultConfiguration"]["OutputLocation"] == location
    assert athena.list_query_executions(WorkGroup="sql")["QueryExecutionIds"] == [query_id]
    athena.stop_query_execution(QueryExecutionId=query_id)
    athena.update_work_group(WorkGroup="sql", State="DISABLED")
    with refused("WorkGroup sql is disabled."):
        start(athena, WorkGroup="sql")


@pytest.mark.parametrize(
    "options",
    [
        {"ResultConfiguration": {"OutputLocation": "nowhere"}},
        {"ResultConfiguration": {"OutputLocation": "s3://A"}},
        {"ResultConfiguration": {"EncryptionConfiguration": {"EncryptionOption": "SSE_KMS"}}},
        {"QueryExecutionContext": {"Catalog": "another"}},
    ],
)
def test_bad_requests(athena: Any, options: Any) -> None:
    with refused(""):
        start(athena, **options)


def test_a_token_starts_one_statement(athena: Any) -> None:
    token = uuid.uuid4().hex
    first = start(athena, ClientRequestToken=token)
    assert start(athena, ClientRequestToken=token) == first
    # as measured on AWS: these two do not count
    assert start(athena, ClientRequestToken=token, WorkGroup="primary") == first
    assert start(athena, ClientRequestToken=token, ExecutionParameters=["1"]) == first
    with refused("Idempotent parameters do not match"):
        start(athena, "show schemas", ClientRequestToken=token)
    with refused(""):
        start(athena, "select 1", ClientRequestToken=token)
    athena.stop_query_execution(QueryExecutionId=first)
    assert start(athena, ClientRequestToken=token) == first
