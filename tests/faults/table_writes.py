"""What code in sessions writes to s3:// and to tables, and what may be there after a crash.

A batch has PIECES pieces of ROWS rows, a file each; a row's content follows from its batch and id.
What a reader finds is told as the pieces of each batch that are there, whole. Each kind of write
says which findings keep its promise; docs/data.md ("After a crash") has the same in words.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from s3_content import MIB

BUCKET = "glaux-data"
PLACE = f"s3://{BUCKET}/crash"
PIECES, ROWS = 4, 400
WHOLE = frozenset(range(PIECES))
UPLOAD = 11 * MIB
PARTITIONS = 4  # that dynamic overwrite has; two of them, of two files each, are written at a time

ICEBERG = "org.apache.iceberg"
CATALOG = "spark.sql.catalog"
FORMATS = {
    "spark.sql.extensions": f"{ICEBERG}.spark.extensions.IcebergSparkSessionExtensions,"
    "io.delta.sql.DeltaSparkSessionExtension",
    f"{CATALOG}.spark_catalog": "org.apache.spark.sql.delta.catalog.DeltaCatalog",
    f"{CATALOG}.by_glue": f"{ICEBERG}.spark.SparkCatalog",
    f"{CATALOG}.by_glue.catalog-impl": f"{ICEBERG}.aws.glue.GlueCatalog",
    f"{CATALOG}.by_glue.io-impl": f"{ICEBERG}.aws.s3.S3FileIO",
    f"{CATALOG}.by_hive": f"{ICEBERG}.spark.SparkCatalog",
    f"{CATALOG}.by_hive.type": "hive",
}

# In every session. The last task of a batch leaves a mark: without it no job has committed yet.
TOOLS = f"""
import hashlib, io, json, time
import boto3
from pyspark.errors import AnalysisException
from pyspark.sql import functions as F

spark.conf.set("spark.sql.shuffle.partitions", 2)

def mark(name, batch):
    for _ in range(600):
        try:
            return boto3.client("s3").put_object(Bucket="{BUCKET}", Key=f"marks/{{name}}/{{batch}}")
        except Exception:  # the server is away
            time.sleep(0.1)

def rows(name, batch, start=0, total={PIECES * ROWS}):
    def content(n, id):
        if n == {PIECES * ROWS} - 1:
            time.sleep(0.2)
            mark(name, batch)
        return hashlib.sha256(f"{{batch}}:{{id}}".encode()).hexdigest()
    id = (F.col("id") + start) % total
    return spark.range(0, {PIECES * ROWS}, 1, {PIECES}).select(
        F.lit(batch).cast("long").alias("batch"), id.alias("id"),
        F.udf(content)("id", id).alias("content"))

def pieces(relation):
    right = F.col("content") == F.sha2(F.concat_ws(":", "batch", "id"), 256)
    piece = F.floor(F.col("id") / {ROWS}).alias("piece")
    return [list(r) for r in relation.coalesce(1).groupBy("batch", piece).agg(
        F.count("*"), F.size(F.collect_set("id")), F.sum(right.cast("int"))).collect()]

def of_files(place):
    try:
        schema = "batch long, id long, content string"
        return pieces(spark.read.schema(schema).parquet(place))
    except AnalysisException as error:
        if "PATH_NOT_FOUND" not in str(error):
            raise
        return []

def of_table(name):
    if not spark.catalog.tableExists(name):
        return None
    spark.catalog.refreshTable(name)
    return pieces(spark.table(name))

def upload(batch):
    body = b"%016d" % batch * {UPLOAD // 16}
    client = boto3.client("s3", config=boto3.session.Config(
        retries={{"total_max_attempts": 20, "mode": "standard"}}))
    parts = boto3.s3.transfer.TransferConfig(
        multipart_threshold={5 * MIB}, multipart_chunksize={5 * MIB})
    client.upload_fileobj(io.BytesIO(body), "{BUCKET}", "crash/upload", Config=parts)

def of_upload():
    body = boto3.client("s3").get_object(Bucket="{BUCKET}", Key="crash/upload")["Body"].read()
    assert body == body[:16] * {UPLOAD // 16}
    return [[int(body[:16]), piece, *[{ROWS}] * 3] for piece in range({PIECES})]
"""

# The pieces of each batch that a reader finds.
Found = dict[int, frozenset[int]]


@dataclass
class Attempt:
    """A write that did not end well, or whose end nobody was told."""

    batch: int
    marked: bool = True  # the job may have begun to commit


class Promise(Protocol):
    """What a reader may find, by what was written."""

    def after(self, before: Found, batch: int) -> Found:
        """What is there when the batch is written."""
        ...

    def allows(self, found: Found, before: Found, attempt: Attempt) -> bool:
        """Whether this may be there when the attempt was cut."""
        ...


class Appends:
    """Batches beside each other. Of one that was cut there are whole files, or none."""

    def after(self, before: Found, batch: int) -> Found:
        return before | {batch: WHOLE}

    def of_cut(self, found: frozenset[int]) -> bool:
        return True

    def allows(self, found: Found, before: Found, attempt: Attempt) -> bool:
        rest = {batch: pieces for batch, pieces in found.items() if batch != attempt.batch}
        cut = found.get(attempt.batch, frozenset())
        return rest == before and self.of_cut(cut) and (attempt.marked or not cut)


class AppendsAtOnce(Appends):
    """The same, and the batch that was cut is there wholly or not at all."""

    def of_cut(self, found: frozenset[int]) -> bool:
        return found in (frozenset(), WHOLE)


class Replaces:
    """A batch in the other's place. What is cut has removed the old files before it began.

    So there is some of the old batch or some of the new, and never both.
    """

    def after(self, before: Found, batch: int) -> Found:
        return {batch: WHOLE}

    def allows(self, found: Found, before: Found, attempt: Attempt) -> bool:
        if attempt.batch in found:
            return len(found) == 1 and attempt.marked
        return all(pieces <= before.get(batch, frozenset()) for batch, pieces in found.items())


class ReplacesOrRemoves:
    """The old batch is there wholly, or nothing, or the new one wholly."""

    nothing = True

    def after(self, before: Found, batch: int) -> Found:
        return {batch: WHOLE}

    def allows(self, found: Found, before: Found, attempt: Attempt) -> bool:
        return found in (before, {attempt.batch: WHOLE}) or (self.nothing and not found)


class ReplacesAtOnce(ReplacesOrRemoves):
    """The old batch is there wholly, or the new one."""

    nothing = False


class ReplacesPartitions:
    """Each partition that is written is as for Replaces, all others are as they were."""

    def after(self, before: Found, batch: int) -> Found:
        written = {piece for part in self.written(batch) for piece in self.pieces(part)}
        kept = {old: pieces - written for old, pieces in before.items()}
        return {old: pieces for old, pieces in kept.items() if pieces} | {batch: frozenset(written)}

    def allows(self, found: Found, before: Found, attempt: Attempt) -> bool:
        return all(
            Replaces().allows(self.part(found, n), self.part(before, n), attempt)
            if n in self.written(attempt.batch)
            else self.part(found, n) == self.part(before, n)
            for n in range(PARTITIONS)
        )

    def written(self, batch: int) -> list[int]:
        return [batch % PARTITIONS, (batch + 1) % PARTITIONS]

    def pieces(self, part: int) -> frozenset[int]:
        return frozenset((2 * part, 2 * part + 1))

    def part(self, found: Found, part: int) -> Found:
        own = {batch: pieces & self.pieces(part) for batch, pieces in found.items()}
        return {batch: pieces for batch, pieces in own.items() if pieces}


class Kind:
    """One way to write, and the one place that it writes to.

    `code` writes the batch `{batch}`, `reading` is an expression for what is there, None for a
    table that is not. The first batch is number 0 and made by `first`.
    """

    def __init__(
        self, name: str, promise: Promise, code: str, reading: str, first: str | None = None
    ) -> None:
        self.name = name
        self.promise = promise
        self._code = code
        self._first = first or code
        self.reading = reading
        self.known: Found = {}
        self.cut: Attempt | None = None

    @property
    def is_table(self) -> bool:
        return self.reading.startswith("of_table")

    def code(self, batch: int) -> str:
        text = self._first if batch == 0 else self._code
        return text.replace("{batch}", str(batch)) + f"\nprint('wrote {batch}')\n"

    def written(self, batch: int) -> None:
        self.known = self.promise.after(self.known, batch)

    def check(self, found: Found) -> None:
        """Of what is found, after which that is what is known."""
        told = f"{self.name}: found {found}, known were {self.known}, cut was {self.cut}"
        if self.cut:
            assert self.promise.allows(found, self.known, self.cut), told
        else:
            assert found == self.known, told
        self.known, self.cut = found, None


def found_in(name: str, rows: list[list[int]]) -> Found:
    """From what a session tells; a piece that is not whole fails."""
    found: dict[int, set[int]] = {}
    for batch, piece, *counts in rows:
        assert counts == [ROWS] * 3, f"{name}: piece {piece} of batch {batch} has {counts}"
        found.setdefault(batch, set()).add(piece)
    return {batch: frozenset(pieces) for batch, pieces in found.items()}


def of_files(name: str, promise: Promise, rows: str, save: str) -> Kind:
    place = f"{PLACE}/{name}"
    return Kind(name, promise, f"{rows}.write.{save}.parquet({place!r})", f"of_files({place!r})")


def of_table(name: str, promise: Promise, save: str) -> Kind:
    table = f"crash.{name}"
    code = f"rows({name!r}, {{batch}}).write.{save}.saveAsTable({table!r})"
    return Kind(name, promise, code, f"of_table({table!r})")


def of_iceberg(name: str, promise: Promise, catalog: str, statement: str) -> Kind:
    """A table of a catalog of Iceberg's; the statement reads the batch from the view `new`."""
    table = f"{catalog}.crash.{name}"
    new = f"rows({name!r}, {{batch}}).createOrReplaceTempView('new')\n"
    return Kind(
        name,
        promise,
        f"{new}spark.sql('''{statement.replace('TABLE', table)}''')",
        f"of_table({table!r})",
        f"{new}spark.sql('create table {table} using iceberg as select * from new')",
    )


def files_and_tables() -> list[Kind]:
    """What a session writes that knows nothing but Spark."""
    dynamic = "mode('overwrite').option('partitionOverwriteMode', 'dynamic').partitionBy('part')"
    two = (
        f"rows('partitions', {{batch}}, {{batch}} % {PARTITIONS} * {2 * ROWS},"
        f" {2 * PARTITIONS * ROWS}).selectExpr('*', 'id div {2 * ROWS} as part')"
    )
    return [
        of_files("appended", Appends(), "rows('appended', {batch})", "mode('append')"),
        of_files("replaced", Replaces(), "rows('replaced', {batch})", "mode('overwrite')"),
        of_files("partitions", ReplacesPartitions(), two, dynamic),
        of_table("added", Appends(), "mode('append')"),
        of_table("batches", AppendsAtOnce(), "mode('append').partitionBy('batch')"),
        of_table("managed", ReplacesOrRemoves(), "mode('overwrite')"),
        of_table(
            "external",
            ReplacesOrRemoves(),
            f"mode('overwrite').option('path', '{PLACE}/external')",
        ),
        Kind("upload", ReplacesAtOnce(), "upload({batch})", "of_upload()"),
    ]


def table_formats() -> list[Kind]:
    """What a session writes that has Iceberg and Delta Lake."""
    merge = (
        "merge into TABLE t using new on t.id = new.id when matched then update set * "
        "when not matched then insert *"
    )
    place = f"{PLACE}/delta"
    return [
        of_iceberg("inserted", AppendsAtOnce(), "by_glue", "insert into TABLE select * from new"),
        of_iceberg("merged", ReplacesAtOnce(), "by_glue", merge),
        of_iceberg("hived", AppendsAtOnce(), "by_hive", "insert into TABLE select * from new"),
        Kind(
            "delta",
            AppendsAtOnce(),
            f"rows('delta', {{batch}}).write.format('delta').mode('append').save({place!r})",
            f"pieces(spark.read.format('delta').load({place!r}))",
        ),
    ]
