"""Statements of StartQueryExecution in the server's own session.

The server hands a statement over as a line of JSON below the magic %%glaux_statement, and reads
columns and rows, or the failure, from the block's result.
"""

import contextlib
import json
import re
from collections.abc import Callable
from typing import Any

from IPython.core.magic import Magics, cell_magic, magics_class
from IPython.display import display
from pyspark.errors import AnalysisException, PySparkException
from pyspark.sql import Row, SparkSession

from glaux_driver import errors
from glaux_driver.dialect import translate

WORKGROUP = "@queries"
TYPE = "application/vnd.glaux.statement+json"
WIDTH = 20
NAME_AND_VALUE = 2
DDL_TASK = "FAILED: Execution Error, return code 1 from org.apache.hadoop.hive.ql.exec.DDLTask. "
WITHOUT_DATABASE = ("CREATE_DATABASE", "DROP_DATABASE", "SHOW_DATABASES")

Lines = list[str]


def _first(rows: list[Row]) -> Lines:
    return [str(row[0]) for row in rows]


def _table_names(rows: list[Row]) -> Lines:
    return [str(row[1]) for row in rows if not row[2]]


def _padded(rows: list[Row]) -> Lines:
    return [str(row[0]).ljust(WIDTH) for row in rows]


def _tabbed(rows: list[Row]) -> Lines:
    return ["\t".join("" if value is None else str(value) for value in row) for row in rows]


def _text_lines(rows: list[Row]) -> Lines:
    """Spark writes the name of its catalog before the table's, which Athena does not know."""
    text = "\n".join(str(row[0]) for row in rows)
    return text.replace("TABLE spark_catalog.", "TABLE ", 1).splitlines()


def _column(name: str, kind: str, comment: str | None) -> str:
    return "\t".join(part.ljust(WIDTH) for part in (name, kind, comment or ""))


def _told(rows: list[Row]) -> Lines:
    """What Spark tells of one column, or of a database: names and values."""
    told = {str(name): str(value or "") for name, value in rows}
    if "col_name" not in told:
        return [_column(name, value, None) for name, value in told.items()]
    comment = told.get("comment", "")
    return [_column(told["col_name"], told["data_type"], "" if comment == "NULL" else comment)]


def _described(rows: list[Row]) -> Lines:
    """Hive's form: blank lines around headings, columns in twenty characters."""
    if rows and len(rows[0]) == NAME_AND_VALUE:
        return _told(rows)
    lines: Lines = []
    for row in rows:
        name, kind, comment = (str(row[0] or ""), str(row[1] or ""), row[2])
        if name.startswith("# ") and name != "# col_name":
            lines += ["\t \t ", f"{name}\t \t "]
        elif name == "# col_name":
            lines += [_column(name, kind, str(comment or "")), "\t \t "]
        elif not name:
            lines.append("\t \t ")
        else:
            lines.append(_column(name, kind, comment))
    return lines


# SubstatementType: names of the columns, and how Spark's rows become lines.
FORMS: dict[str, tuple[list[str], Callable[[list[Row]], Lines]]] = {
    "SHOW_DATABASES": (["database_name"], _first),
    "SHOW_TABLES": (["tab_name"], _table_names),
    "SHOW_VIEWS": (["views"], _table_names),
    "SHOW_PARTITIONS": (["partition"], _first),
    "SHOW_COLUMNS": (["field"], _padded),
    "SHOW_CREATE_TABLE": (["createtab_stmt"], _text_lines),
    "SHOW_TBLPROPERTIES": (["prpt_name", "prpt_value"], _tabbed),
    "DESCRIBE_TABLE": (["col_name", "data_type", "comment"], _described),
}


# Spark's error classes in the words that Athena has for them.
FAILURES = {
    "TABLE_OR_VIEW_NOT_FOUND": "FAILED: SemanticException [Error 10001]: Table not found {name}",
    "SCHEMA_NOT_FOUND": "FAILED: SemanticException [Error 10072]: Database does not exist: {name}",
    "TABLE_OR_VIEW_ALREADY_EXISTS": (
        DDL_TASK + "AlreadyExistsException(message:Table {name} already exists)"
    ),
    "SCHEMA_ALREADY_EXISTS": DDL_TASK + "Database {name} already exists",
    "SCHEMA_NOT_EMPTY": (
        DDL_TASK + "InvalidOperationException(message:Database {name} is not empty. "
        "One or more tables exist.)"
    ),
    "PARSE_SYNTAX_ERROR": "FAILED: ParseException {text}",
}
CLASS = re.compile(r"\[([A-Z_.0-9]+)\]")


def _name_in(text: str) -> str:
    """The name of a message: `spark_catalog`.`db`.`table` is db.table."""
    names = re.findall(r"`([^`]+)`", text.split(". ", maxsplit=1)[0])
    return ".".join(name for name in names if name != "spark_catalog")


def failure(error: BaseException) -> str:
    """What went wrong, as StateChangeReason says it."""
    text = errors.reason(error).partition(": ")[2] or errors.reason(error)
    known = error.getErrorClass() if isinstance(error, PySparkException) else None
    told = CLASS.match(text)
    form = FAILURES.get(known or (told[1] if told else ""), "FAILED: SemanticException {text}")
    return form.format(name=_name_in(text), text=text)


def _rows(spark: SparkSession, kind: str, statement: str) -> list[Row]:
    text = translate(kind, statement)
    if kind == "SHOW_CREATE_TABLE":  # Hive's form, for tables that have one
        with contextlib.suppress(AnalysisException):
            return list(spark.sql(f"{text} AS SERDE").collect())
    return list(spark.sql(text).collect())


def run(spark: SparkSession, request: dict[str, str]) -> dict[str, Any]:
    """Columns and rows of a statement, or its failure."""
    kind = request["kind"]
    columns, lines_of = FORMS.get(kind, ([], lambda _rows: []))
    try:
        if kind not in WITHOUT_DATABASE:
            spark.catalog.setCurrentDatabase(request.get("database", "default").lower())
        rows = _rows(spark, kind, request["statement"])
    except Exception as error:
        if kind == "MSCK_REPAIR_TABLE" and "FileNotFoundException" in str(error):
            rows = []  # no folder, no partitions: to Hive this is no error
        else:
            return {"failure": failure(error)}
    return {"columns": columns, "rows": "".join(f"{line}\n" for line in lines_of(rows))}


@magics_class
class StatementMagics(Magics):  # type: ignore[misc]
    """Registered in the server's own session only."""

    @cell_magic  # type: ignore[untyped-decorator]
    def glaux_statement(self, _line: str, cell: str) -> None:
        answer = run(self.shell.user_ns["spark"], json.loads(cell))
        display({TYPE: answer}, raw=True)
