"""Objects over S3: small ones under load, large ones in one stream, beside nginx."""

from __future__ import annotations

import os
import statistics
import subprocess
from pathlib import Path
from typing import Any

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from server import Server

from bench.load import Load, Nginx, run_load
from bench.processes import Memory, cpu_of, memory_of
from bench.report import spread, table
from bench.servers import new_server

BUCKET = "bench"
CONNECTIONS = 16
SMALL = 1024
LARGE = (1 << 20, 100 << 20)
SMALL_HEAD = ["1 KB objects, 16 conns", "req/s least", "median", "most"]
SMALL_HEAD += ["p50 us", "p99 us", "CPU us/req", "in user"]
LARGE_HEAD = ["one stream", "MB/s least", "median", "most", "CPU ms", "of nginx"]


def signed(server: Server, method: str, key: str, body: bytes) -> bytes:
    """A request as the AWS CLI makes it, as bytes for the load tool; the body holds no NUL."""
    request = AWSRequest(method=method, url=f"{server.endpoint}/{BUCKET}/{key}", data=body)
    signer = S3SigV4Auth(Credentials(server.key_id, server.secret), "s3", server.region)
    signer.add_auth(request)
    lines = [f"{method} /{BUCKET}/{key} HTTP/1.1", f"Host: {request.url.split('/')[2]}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    lines += [f"Content-Length: {len(body)}"] if body else []
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def write_requests(server: Server, method: str, count: int, path: Path) -> None:
    body = os.urandom(SMALL // 2).hex().encode() if method == "PUT" else b""
    path.write_bytes(b"\0".join(signed(server, method, f"small/{i}", body) for i in range(count)))


def small_row(name: str, runs: list[Load]) -> list[str]:
    def middle(values: list[float], digits: int = 0) -> str:
        return f"{statistics.median(values):.{digits}f}"

    return [
        name,
        *spread([run.per_second for run in runs], 0),
        middle([run.p50_us for run in runs]),
        middle([run.p99_us for run in runs]),
        middle([run.cpu_us for run in runs], 1),
        middle([run.user_us for run in runs], 1),
    ]


def measure_small(server: Server, folder: Path, count: int, seconds: int, rounds: int) -> str:
    """PutObject first: GetObject reads what it wrote."""
    rows = []
    for method in ("PUT", "GET"):
        path = folder / f"{method}-requests"
        write_requests(server, method, count, path)
        target = (server.endpoint, server.pid, path, CONNECTIONS)
        run_load(*target, 1 + count // 2000)  # each key at least once
        rows.append(small_row(method, [run_load(*target, seconds) for _ in range(rounds)]))
    return table(SMALL_HEAD, rows)


def stream(arguments: list[str]) -> float:
    """One transfer by curl; its bytes a second."""
    shown = "%{http_code} %{time_total} %{size_upload} %{size_download}"
    command = ["curl", "-sS", "-o", "/dev/null", "-w", shown, *arguments]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    status, seconds, up, down = done.stdout.split()
    if status != "200":
        raise RuntimeError(f"curl was answered {status}")
    return max(float(up), float(down)) / float(seconds) / 1e6


def large_row(name: str, pid: int, arguments: list[str], rounds: int) -> tuple[list[str], float]:
    before = cpu_of(pid)
    speeds = [stream(arguments) for _ in range(rounds)]
    cpu = cpu_of(pid).since(before).total / rounds
    return [name, *spread(speeds, 0), f"{cpu * 1000:.0f}"], statistics.median(speeds)


def measure_large(server: Server, client: Any, folder: Path, rounds: int) -> str:
    """GetObject beside nginx that serves the same file."""
    rows = []
    files = folder / "files"
    files.mkdir()
    nginx = Nginx(folder / "nginx", 1, files)
    try:
        for size in LARGE:
            key, what = f"large/{size}", f"{size >> 20} MB"
            file = files / str(size)
            file.write_bytes(os.urandom(size))
            urls = {
                name: client.generate_presigned_url(name, {"Bucket": BUCKET, "Key": key})
                for name in ("put_object", "get_object")
            }
            put = ["-T", str(file), urls["put_object"]]
            rows.append([*large_row(f"PUT {what}", server.pid, put, rounds)[0], ""])
            ours, speed = large_row(f"GET {what}", server.pid, [urls["get_object"]], rounds)
            theirs, nginx_speed = large_row(
                f"GET {what}, nginx", nginx.pid, [f"{nginx.url}/files/{size}"], rounds
            )
            rows += [[*ours, f"{speed / nginx_speed:.2f}"], [*theirs, "1.00"]]
    finally:
        nginx.end()
    return table(LARGE_HEAD, rows)


def measure_objects(
    folder: Path, count: int, seconds: int, rounds: int
) -> tuple[list[str], tuple[str, Memory]]:
    """The tables, and what the server's memory is after it all."""
    server = new_server(folder)
    try:
        client = server.client("s3")
        client.create_bucket(Bucket=BUCKET)
        tables = [
            measure_small(server, folder, count, seconds, rounds),
            measure_large(server, client, folder, rounds),
        ]
        return tables, ("glauxd, after loads of objects", memory_of(server.pid))
    finally:
        server.end()
