"""Which Spark properties of a session reach Spark, and what becomes of the others.

Only names starting `spark.` are honoured, the rest is ignored, as on Athena. A key that nobody
knows is passed on. What only AWS has, or a table format whose jar is not here, is dropped with a
line in the log, and what does the same here takes its place: clients send such properties as a
matter of routine.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from glaux_driver import catalog, data, replacements
from glaux_driver.spec import Spec

RESERVED = "spark.athena."

# Set by the engine's settings; a session cannot change them.
FIXED = frozenset(
    {
        "spark.app.id",
        "spark.driver.bindAddress",
        "spark.driver.cores",
        "spark.driver.host",
        "spark.driver.memory",
        "spark.driver.memoryOverhead",
        "spark.local.dir",
        "spark.master",
        "spark.pyspark.driver.python",
        "spark.pyspark.python",
        "spark.remote",
        "spark.submit.deployMode",
        "spark.ui.enabled",
    }
)

# A value that starts with the prefix needs a jar whose name contains the word (None: AWS alone
# has the class). The first row that fits decides.
CLASSES: tuple[tuple[str, str | None], ...] = (
    ("com.amazonaws.glue.accesscontrol.", None),
    ("com.amazonaws.glue.catalog.", "aws-glue-datacatalog"),
    ("com.amazonaws.emr.", None),
    ("com.amazon.emr.", None),
    ("com.amazon.ws.emr.", None),
    ("com.amazonaws.", "aws-java-sdk"),
    ("software.amazon.awssdk.", "awssdk"),
    ("software.amazon.s3tables.", "s3-tables-catalog"),
    ("org.apache.iceberg.aws.", "iceberg-aws-bundle"),
    ("org.apache.iceberg.", "iceberg-spark-runtime"),
    ("org.apache.spark.sql.hudi.", "hudi-spark"),
    ("org.apache.hudi.", "hudi-spark"),
    ("org.apache.spark.sql.delta.", "delta-spark"),
    ("io.delta.", "delta-spark"),
    ("org.apache.hadoop.fs.s3a.", "hadoop-aws"),
    ("org.apache.spark.internal.io.cloud.", "spark-hadoop-cloud"),
    ("org.apache.spark.sql.parquet.EmrOptimized", None),
    ("EmrOptimized", None),
)

# Table formats, and how the names of their classes begin. Their jars are large: they are on the
# class path of sessions that name one.
FORMATS = {
    "delta": ("io.delta.", "org.apache.spark.sql.delta."),
    "iceberg": ("org.apache.iceberg.",),
}

# Values that are lists of classes: what is not here is taken out, the rest stays.
LISTS = frozenset({"spark.sql.extensions", "spark.plugins", "spark.extraListeners"})

# Properties that add jars; with one of them the JVM starts through Spark's own submit program,
# which resolves them.
JARS = ("spark.jars", "spark.jars.packages", "spark.jars.repositories", "spark.jars.ivy")


class PropertyError(Exception):
    """A property with which the session cannot start; the text is for its owner."""


@dataclass(frozen=True)
class Choice:
    """The properties that Spark gets, and what the JVM needs on its command line."""

    properties: dict[str, str]
    user_sql: bool
    submit: bool
    java_options: str
    class_path: str
    py_files: tuple[str, ...] = ()
    formats: tuple[str, ...] = ()


def defaults(spec: Spec) -> dict[str, str]:
    """What a session may override: Athena's own defaults where they make sense here."""
    return {
        "spark.app.name": "default",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.execution.arrow.pyspark.fallback.enabled": "true",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.warehouse.dir": os.path.join(spec.work_dir, "spark-warehouse"),
        "spark.ui.showConsoleProgress": "false",
        **data.defaults(spec),
    }


def fixed(spec: Spec) -> dict[str, str]:
    return {
        "spark.master": spec.master,
        "spark.driver.host": "127.0.0.1",
        "spark.driver.bindAddress": "127.0.0.1",
        "spark.driver.memory": spec.driver_memory,
        "spark.driver.cores": str(spec.cores),
        "spark.local.dir": os.path.join(spec.private_dir, "local"),
        "spark.submit.deployMode": "client",
        "spark.ui.enabled": "false",
    }


def choose(spec: Spec, jars: Iterable[str], say: Callable[[str], None]) -> Choice:
    """Raises PropertyError; `say` is told each property that is left out."""
    given = {k: v for k, v in spec.spark_properties.items() if _wanted(k, v, say)}
    extra = [given.get(key, "") for key in JARS[:2]] + [
        given.get("spark.driver.extraClassPath", "")
    ]
    present = " ".join([*jars, *extra])
    kept = {}
    for key, value in given.items():
        new = _available(key, value, present, say)
        if new is not None:
            kept[key] = new
    options = " ".join(
        kept.get(f"spark.driver.{name}JavaOptions", "") for name in ("default", "extra")
    ).strip()
    if "-Xmx" in options or "-XX:MaxHeapSize" in options:
        raise PropertyError(
            "spark.driver.extraJavaOptions may not set the heap size (-Xmx): "
            "the driver's memory is a setting of the engine"
        )
    py_files = kept.pop("spark.submit.pyFiles", "")
    return Choice(
        properties={
            **defaults(spec),
            **catalog.defaults(spec, present),
            **kept,
            **data.complete(spec, kept),
            **fixed(spec),
        },
        user_sql=any(key.startswith("spark.sql.") for key in kept),
        submit=any(kept.get(key) for key in JARS[:2]),
        java_options=options,
        class_path=kept.get("spark.driver.extraClassPath", ""),
        py_files=tuple(name.strip() for name in py_files.split(",") if name.strip()),
        formats=tuple(name for name in FORMATS if _named(name, kept.values())),
    )


def _wanted(key: str, value: str, say: Callable[[str], None]) -> bool:
    if key.startswith(RESERVED):
        raise PropertyError(
            f"Spark property {key} is reserved: names under {RESERVED} cannot be set"
        )
    if not key.startswith("spark."):
        return False
    if key in FIXED:
        say(f"property {key} is fixed by the engine's settings, the session's value is not used")
        return False
    instead = replacements.instead(key, value)
    if instead:
        say(f"property {key}={value} is AWS's own and left out: {instead}")
    return instead is None


def _available(key: str, value: str, present: str, say: Callable[[str], None]) -> str | None:
    if key in LISTS:
        classes = [name.strip() for name in value.split(",") if name.strip()]
        here = [name for name in classes if not _lacking(name, present)]
        if len(here) < len(classes):
            say(f"property {key}: left out {', '.join(c for c in classes if c not in here)}")
        return ",".join(here) or None
    if _lacking(value.strip(), present):
        say(f"property {key} left out: class {value.strip()} is not available here")
        return None
    return value


def _named(table_format: str, values: Iterable[str]) -> bool:
    return any(start in value for value in values for start in FORMATS[table_format])


def _lacking(value: str, present: str) -> bool:
    for prefix, jar in CLASSES:
        if value.startswith(prefix):
            return jar is None or jar not in present
    return False
