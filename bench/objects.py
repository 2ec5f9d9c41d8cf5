"""GetObject and PutObject of three sizes, beside versitygw; reads beside nginx, too."""

from __future__ import annotations

import base64
import random
import statistics
import uuid
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.auth import S3SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from server import Server
from versitygw import PROGRAM, VersityGw

from bench.load import Load, Nginx, files_of, run_load
from bench.processes import memory_of
from bench.report import mib, table
from bench.servers import new_server

BUCKET = "bench-objects"
HEAD = ["operation", "conns", "server", "req/s least", "median", "most", "MB/s", "p50 us", "p99 us"]
HEAD += ["CPU us/req", "RSS MiB", "glauxd of it"]


@dataclass(frozen=True)
class Size:
    name: str
    size: int
    objects: int  # different ones
    requests: int  # different signatures
    connections: int
    least_seconds: int  # of a run, so that it has more than a few requests


SIZES = (
    Size("1 KB", 1000, 1000, 10000, 16, 1),
    Size("1 MB", 1000000, 32, 64, 8, 2),
    Size("100 MB", 100000000, 2, 2, 2, 6),
)


@dataclass(frozen=True)
class Target:
    """A server, and the keys that it knows; nginx knows none and looks at no signature."""

    name: str
    url: str
    pid: int
    key_id: str
    secret: str


def text(size: int, seed: int) -> bytes:
    """Bytes without NUL, which parts the requests of the load tool's file."""
    line = random.Random(seed).randbytes(48).hex().encode()
    return (line * (size // len(line) + 1))[:size]


def headers_of(body: bytes | None) -> dict[str, str]:
    """What boto3 sends; the invocation id is signed, so that every signature is another."""
    headers = {"amz-sdk-invocation-id": str(uuid.uuid4())}
    if body is not None:
        crc = zlib.crc32(body).to_bytes(4, "big")
        headers["x-amz-checksum-crc32"] = base64.b64encode(crc).decode()
        headers["Content-Type"] = "application/octet-stream"
    return headers


def signed(target: Target, method: str, key: str, body: bytes | None) -> bytes:
    url = f"{target.url}/{BUCKET}/{key}"
    request = AWSRequest(method=method, url=url, headers=headers_of(body), data=body or b"")
    S3SigV4Auth(Credentials(target.key_id, target.secret), "s3", Server.region).add_auth(request)
    lines = [f"{method} /{BUCKET}/{key} HTTP/1.1", f"Host: {target.url.split('/')[2]}"]
    lines += [f"{name}: {value}" for name, value in request.headers.items()]
    if body is not None:
        lines.append(f"Content-Length: {len(body)}")
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + (body or b"")


def key_of(size: Size, number: int) -> str:
    return f"{size.name.replace(' ', '')}/{number}"


def write_requests(target: Target, method: str, size: Size, path: Path) -> None:
    """Requests for all objects by turns. They are good for five minutes."""
    with path.open("wb") as out:
        for number in range(size.requests):
            key = key_of(size, number % size.objects)
            body = text(size.size, number) if method == "PUT" else None
            out.write((b"\0" if number else b"") + signed(target, method, key, body))


def fill(client: Any, size: Size) -> None:
    for number in range(size.objects):
        client.put_object(Bucket=BUCKET, Key=key_of(size, number), Body=text(size.size, number))


def row(
    what: str, size: Size, target: Target, runs: Sequence[Load], ratio: float | None
) -> list[str]:
    speeds = [run.per_second for run in runs]
    middle = statistics.median(speeds)
    return [
        what,
        str(size.connections),
        target.name,
        *(f"{speed:.1f}" for speed in (min(speeds), middle, max(speeds))),
        f"{middle * size.size / 1e6:.1f}",
        f"{statistics.median(run.p50_us for run in runs):.0f}",
        f"{statistics.median(run.p99_us for run in runs):.0f}",
        f"{statistics.median(run.cpu_us for run in runs):.0f}",
        mib(memory_of(target.pid).rss),
        "" if ratio is None else f"{ratio:.2f}",
    ]


def compare(
    method: str, size: Size, targets: Sequence[Target], folder: Path, rounds: int, seconds: int
) -> list[list[str]]:
    """All servers by turns; a ratio is the median of the pairs' ratios."""
    seconds = max(seconds, size.least_seconds)
    files = {target.name: folder / f"{target.name}.requests" for target in targets}
    runs: dict[str, list[Load]] = {target.name: [] for target in targets}
    try:
        for target in targets:
            write_requests(target, method, size, files[target.name])
        for number in range(rounds + 1):  # the first to warm up
            for target in targets:
                run = run_load(
                    target.url, target.pid, files[target.name], size.connections, seconds
                )
                if number:
                    runs[target.name].append(run)
    finally:
        for path in files.values():
            path.unlink(missing_ok=True)
    what = f"{'GetObject' if method == 'GET' else 'PutObject'} {size.name}"
    ours = runs["glauxd"]
    rows = []
    for target in targets:
        pairs = zip(ours, runs[target.name], strict=True)
        ratio = statistics.median(a.per_second / b.per_second for a, b in pairs)
        rows.append(
            row(what, size, target, runs[target.name], None if target is targets[0] else ratio)
        )
    return rows


def measure_objects(folder: Path, rounds: int, seconds: int) -> str:
    """The table. Without versitygw (no Go on the machine) it has nginx's rows only."""
    glaux = new_server(folder)
    other = VersityGw(folder / "versitygw").start() if PROGRAM.is_file() else None
    clients = [glaux.client("s3")] + ([other.client()] if other else [])
    targets = [Target("glauxd", glaux.endpoint, glaux.pid, glaux.key_id, glaux.secret)]
    if other:
        targets.append(Target("versitygw", other.endpoint, other.pid, other.key_id, other.secret))
    rows = []
    nginx = None
    try:
        for client in clients:
            client.create_bucket(Bucket=BUCKET)
        plain = folder / "plain"
        nginx = Nginx(folder / "nginx", files_of(plain))
        static = Target("nginx", nginx.url, nginx.pid, "none", "none")
        for size in SIZES:
            for client in clients:
                fill(client, size)
            for number in range(size.objects):
                path = plain / BUCKET / key_of(size, number)
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(text(size.size, number))
            rows += compare("GET", size, [*targets, static], folder, rounds, seconds)
            rows += compare("PUT", size, targets, folder, rounds, seconds)
    finally:
        if nginx:
            nginx.end()
        if other:
            other.end()
        glaux.end()
    return table(HEAD, rows)
