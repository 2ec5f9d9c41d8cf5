"""Make docs/clients.md from the pins of the clients and from their tests.

gen_client_docs.py            writes docs/clients.md
"""

import ast
import json
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
PAGE = TOP / "docs" / "clients.md"
TESTS = TOP / "tests" / "clients"
GO = "github.com/aws/aws-sdk-go-v2"
SDK_CASES = TOP / "tests" / "s3_sdk.py"

START = """# Clients

Made by `tools/gen_client_docs.py` from what is pinned and from the tests.

Each of these runs unmodified against the built server in every CI run, in the version that stands
here. How to point a client at a server: [README.md](../README.md#connect-your-client) and
[moving.md](moving.md).

| client | version | what its tests do |
|---|---|---|
"""
BELOW = """
The programs of the SDKs for JavaScript, Go and Java run the same cases of S3: {cases}.
"""


def first(pattern: str, path: str) -> str:
    """The first group of the only match in a file of the checkout."""
    found = re.findall(pattern, (TOP / path).read_text(), re.MULTILINE)
    if len(found) != 1:
        raise ValueError(f"{path} has {len(found)} lines that match {pattern}")
    return str(found[0])


def python(name: str, package: str) -> str:
    """A package of a Python environment."""
    return first(rf"^{re.escape(package)}(?:\[\w+\])?==(\S+)$", f"requirements/{name}.txt")


def engine(package: str) -> str:
    return first(rf"^{package}==(\S+)$", "engines/spark-3.5/requirements.txt")


def jar(name: str) -> str:
    return first(rf"<{name}>(.+)</{name}>", "engines/spark-3.5/pom.xml")


def npm(package: str) -> str:
    pins = json.loads((TOP / "requirements/js/package.json").read_text())["dependencies"]
    return str(pins[package])


def go(module: str) -> str:
    return first(rf"^\s+{re.escape(module)} v(\S+)$", "tests/clients/go/go.mod")


def java() -> str:
    pattern = r"<artifactId>bom</artifactId>\s+<version>(.+)</version>"
    return first(pattern, "tests/clients/java/pom.xml")


@dataclass
class Client:
    name: str
    version: Callable[[], str]
    tests: list[str]  # below tests/clients


def clients() -> list[Client]:
    """In the order of the page."""
    return [
        Client(
            "AWS CLI",
            lambda: python("cli", "awscli"),
            ["aws/test_cli.py", "s3/test_cli.py"],
        ),
        Client(
            "boto3",
            lambda: f"{python('s3', 'boto3')}, with and without awscrt {python('s3', 'awscrt')}",
            ["aws/test_boto3.py", "s3/test_boto3.py"],
        ),
        Client(
            "PyAthena",
            lambda: f"{python('pyathena3', 'PyAthena')} and {python('pyathena4', 'PyAthena')}",
            [
                "pyathena/test_spark_cursor.py",
                "pyathena/test_metadata.py",
                "pyathena/test_filesystem.py",
            ],
        ),
        Client(
            "awswrangler",
            lambda: python("awswrangler", "awswrangler"),
            [
                "awswrangler/test_spark.py",
                "awswrangler/test_catalog.py",
                "awswrangler/test_s3.py",
            ],
        ),
        Client(
            "dbt with dbt-athena",
            lambda: f"{python('dbt', 'dbt-core')} with {python('dbt', 'dbt-athena')}",
            ["dbt/test_dbt.py"],
        ),
        Client(
            "Airflow with Amazon's provider",
            lambda: (
                f"{python('airflow', 'apache-airflow')} with "
                f"{python('airflow', 'apache-airflow-providers-amazon')}"
            ),
            ["airflow/test_airflow.py"],
        ),
        Client(
            "AWS SDK for JavaScript",
            lambda: npm("@aws-sdk/client-s3"),
            ["js/test_js.py", "js/test_js_s3.py"],
        ),
        Client(
            "AWS SDK for Go, version 2",
            lambda: f"{go(GO)}, s3 {go(f'{GO}/service/s3')}",
            ["go/test_go.py"],
        ),
        Client("AWS SDK for Java, version 2", java, ["java/test_java.py"]),
        Client(
            "Hadoop S3A",
            lambda: f"{jar('hadoop')} with Spark {jar('spark')}",
            ["hadoop/test_s3a.py"],
        ),
        Client("s3fs", lambda: python("filesystems", "s3fs"), ["filesystems/test_s3fs.py"]),
        Client("pyarrow", lambda: python("filesystems", "pyarrow"), ["filesystems/test_arrow.py"]),
        Client(
            "DuckDB with httpfs",
            lambda: (
                f"{python('filesystems', 'duckdb')} with "
                f"{python('filesystems', 'duckdb-ext-httpfs')}"
            ),
            ["filesystems/test_duckdb.py"],
        ),
        Client("rclone", lambda: "Debian 12's", ["s3/test_rclone.py"]),
        Client("s3cmd", lambda: python("s3", "s3cmd"), ["s3/test_s3cmd.py"]),
        Client(
            "in a session: Spark, pandas, pyarrow, s3fs, boto3",
            lambda: (
                f"Spark {engine('pyspark')}, pandas {engine('pandas')}, "
                f"pyarrow {engine('pyarrow')}, s3fs {engine('s3fs')}, boto3 {engine('boto3')}"
            ),
            [
                "aws/test_session_data.py",
                "aws/test_session_jvm.py",
                "aws/test_tables.py",
                "aws/test_hive_tables.py",
            ],
        ),
        Client("in a session: Iceberg", lambda: jar("iceberg"), ["aws/test_iceberg.py"]),
        Client("in a session: Delta", lambda: jar("delta"), ["aws/test_delta.py"]),
    ]


def sdk_cases() -> list[str]:
    """What the programs in other languages run."""
    for node in ast.parse(SDK_CASES.read_text()).body:
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CASES":
            return [str(one) for one in ast.literal_eval(node.value)]
    raise ValueError(f"{SDK_CASES} has no CASES")


def told(name: str) -> str:
    """What a file of tests says of itself."""
    doc = ast.get_docstring(ast.parse((TESTS / name).read_text()))
    if not doc:
        raise ValueError(f"tests/clients/{name} does not say what it is")
    return " ".join(doc.split("\n\n", 1)[0].split())


def row(client: Client) -> str:
    tests = " ".join(f"{told(name)} ([{name}](../tests/clients/{name}))" for name in client.tests)
    return f"| {client.name} | {client.version()} | {tests} |\n"


def page() -> str:
    cases = ", ".join(sdk_cases())
    return START + "".join(row(client) for client in clients()) + BELOW.format(cases=cases)


def main() -> None:
    PAGE.write_text(page())


if __name__ == "__main__":
    main()
