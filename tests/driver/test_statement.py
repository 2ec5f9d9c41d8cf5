"""Rows of Spark's as the lines that Athena has."""

from glaux_driver.statement import FORMS
from pyspark.sql import Row


def described(*rows: tuple[str, ...]) -> list[list[str]]:
    lines = FORMS["DESCRIBE_TABLE"][1]([Row(*row) for row in rows])
    return [[part.rstrip() for part in line.split("\t")] for line in lines]


def test_one_column_is_described_as_in_its_table() -> None:
    told = (("col_name", "id"), ("data_type", "int"))
    assert described(*told, ("comment", "x")) == [["id", "int", "x"]]
    assert described(*told, ("comment", "NULL")) == [["id", "int", ""]]
    assert described(("id", "int", "x")) == [["id", "int", "x"]]


def test_a_database_is_described() -> None:
    assert described(("Namespace Name", "d"), ("Comment", "")) == [
        ["Namespace Name", "d", ""],
        ["Comment", "", ""],
    ]
