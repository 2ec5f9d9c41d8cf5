"""A Spark job writes and reads Parquet: on s3:// here, on another S3 server, on local files."""

from __future__ import annotations

import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path
from string import Template
from typing import Any

from server import ENDED_CALCULATION, Server
from versitygw import PROGRAM, VersityGw

from bench.processes import memory_of
from bench.report import mib, spread, table
from bench.servers import new_server
from bench.starts import Live

OTHER_BUCKET = "bench-parquet"
COLUMNS = 4
ROW_BYTES = 8 * COLUMNS  # random doubles: neither encoding nor compression makes them smaller
PROVIDER = "org.apache.hadoop.fs.s3a.SimpleAWSCredentialsProvider"
POLL_S = 0.05

WRITE = Template("""
import time
begin = time.monotonic()
columns = [f"rand($seed + {n}) as c{n}" for n in range($columns)]
spark.range($rows).selectExpr(*columns).write.parquet("$url")
print(time.monotonic() - begin)
""")
READ = Template("""
import time
begin = time.monotonic()
sums = ", ".join(f"sum(c{n})" for n in range($columns))
row = spark.sql(f"select count(*), {sums} from parquet.`$url`").first()
assert row[0] == $rows, row
print(time.monotonic() - begin)
""")


@dataclass
class Place:
    """Where the data goes, and the server behind it."""

    name: str
    url: str
    pid: int | None
    write: list[float] = field(default_factory=list)
    read: list[float] = field(default_factory=list)


def run(server: Server, session: str, code: str) -> float:
    """The seconds that the code prints."""
    athena = server.client("athena")
    started = athena.start_calculation_execution(SessionId=session, CodeBlock=code)
    asked = {"CalculationExecutionId": started["CalculationExecutionId"]}
    while True:
        time.sleep(POLL_S)
        calculation: dict[str, Any] = athena.get_calculation_execution(**asked)
        state = calculation["Status"]["State"]
        if state in ENDED_CALCULATION:
            break
    if state != "COMPLETED":
        raise RuntimeError(f"{code} ended so: {calculation['Status']}")
    bucket, _, key = calculation["Result"]["StdOutS3Uri"][len("s3://") :].partition("/")
    answer = server.client("s3").get_object(Bucket=bucket, Key=key)["Body"].read()
    return float(answer)


def measure(server: Server, session: str, place: Place, rows: int) -> None:
    number = len(place.write)
    url = f"{place.url}/{rows}-{number}"
    names = {"rows": rows, "columns": COLUMNS, "url": url, "seed": number}
    place.write.append(run(server, session, WRITE.substitute(names)))
    place.read.append(run(server, session, READ.substitute(names)))


def properties_of(other: VersityGw) -> dict[str, str]:
    """A store of another's for one bucket, as docs/data.md says. versitygw refuses to remove the
    marker of a folder that holds something, which S3A would try again and again."""
    bucket = f"spark.hadoop.fs.s3a.bucket.{OTHER_BUCKET}"
    return {
        f"{bucket}.endpoint": other.endpoint,
        f"{bucket}.access.key": other.key_id,
        f"{bucket}.secret.key": other.secret,
        f"{bucket}.aws.credentials.provider": PROVIDER,
        "spark.hadoop.fs.s3a.directory.marker.retention": "keep",
    }


def measure_parquet(folder: Path, size: int, rounds: int) -> str:
    """By turns in one session, after a small round that is not counted."""
    folder.mkdir(mode=0o755)
    server = new_server(folder / "server")
    other = VersityGw(folder / "versitygw").start() if PROGRAM.is_file() else None
    places = [Place("s3:// of glauxd", "s3://glaux-data/bench/parquet", server.pid)]
    properties: dict[str, str] = {}
    try:
        if other:
            other.client().create_bucket(Bucket=OTHER_BUCKET)
            properties = properties_of(other)
            places.append(Place("S3A on versitygw", f"s3a://{OTHER_BUCKET}/parquet", other.pid))
        athena = server.client("athena")
        configuration = {"MaxConcurrentDpus": 4, "SparkProperties": properties}
        started = athena.start_session(WorkGroup="spark", EngineConfiguration=configuration)
        session = Live(athena, started["SessionId"])
        session.wait("IDLE")
        work = folder / "server" / "work" / session.id
        places.append(Place("local files", f"file://{work}/parquet", None))
        for place in places:
            measure(server, session.id, place, 1000)
        for place in places:
            place.write.clear()
            place.read.clear()
        for _ in range(rounds):
            for place in places:
                measure(server, session.id, place, size // ROW_BYTES)
        text = parquet_table(places, size)
        session.end()
        return text
    finally:
        if other:
            other.end()
        server.end()


def parquet_table(places: list[Place], size: int) -> str:
    """The last column compares medians of the time, local files' with each place's."""
    rows = []
    for what in ("write", "read"):
        local = statistics.median(getattr(places[-1], what))
        for place in places:
            seconds = getattr(place, what)
            middle = statistics.median(seconds)
            rows.append(
                [
                    f"{what}, {place.name}",
                    *spread(seconds, 2),
                    f"{size / 1e6 / middle:.0f}",
                    mib(memory_of(place.pid).rss) if place.pid else "",
                    f"{local / middle:.2f}",
                ]
            )
    head = [f"{size / 1e9:.0f} GB of Parquet, s", "least", "median", "most", "MB/s"]
    return table([*head, "RSS MiB", "of local"], rows)
