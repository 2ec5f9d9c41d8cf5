"""What a session's first use of the server's data costs, beside its second."""

from __future__ import annotations

from server import Server

from bench.report import spread, table
from bench.starts import POLL_S, Times, run_code, start_session

BUCKET, KEY = "glaux-data", "bench/first.csv"
USES = {
    "show tables": "spark.sql('show tables').collect()",
    "read of s3://": f"spark.read.csv('s3://{BUCKET}/{KEY}', header=True).count()",
    "saveAsTable": "spark.range(10).write.mode('overwrite').saveAsTable('bench_first')",
}


def measure_first_uses(server: Server, count: int) -> str:
    """New sessions, one after the other: each use is the session's first of its kind."""
    server.client("s3").put_object(Bucket=BUCKET, Key=KEY, Body=b"a,b\n1,2\n")
    first: dict[str, list[float]] = {what: [] for what in USES}
    later: dict[str, list[float]] = {what: [] for what in USES}
    for _ in range(count):
        session = start_session(server, Times())
        for what, code in USES.items():
            first[what].append(run_code(session, code, POLL_S) * 1000)
            later[what].append(run_code(session, code, POLL_S) * 1000)
        session.end()
    rows = []
    for what in USES:
        rows.append([f"the session's first {what}", *spread(first[what])])
        rows.append(["the second", *spread(later[what])])
    return table([f"{count} sessions, after the first job, ms", "least", "median", "most"], rows)
