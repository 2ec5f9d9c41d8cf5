"""Results on their way to another S3, beside the AWS CLI with the same file and server."""

from __future__ import annotations

import os
import statistics
import subprocess
import time
from pathlib import Path

from run_tests import component
from server import BUILD
from versitygw import PROGRAM, VersityGw

from bench.report import spread, table

SIZES = (1, 16, 100)
BUCKET = "bench"


def environment(far: VersityGw) -> dict[str, str]:
    return os.environ | {
        "AWS_ENDPOINT_URL": far.endpoint,
        "AWS_ACCESS_KEY_ID": far.key_id,
        "AWS_SECRET_ACCESS_KEY": far.secret,
        "AWS_DEFAULT_REGION": far.region,
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
    }


def by_cli(far: VersityGw, file: Path) -> float:
    """The whole command, its start included: that is what a person waits for."""
    command = [str(component("cli") / "bin" / "aws"), "s3", "cp", "--only-show-errors", str(file)]
    start = time.perf_counter()
    subprocess.run([*command, f"s3://{BUCKET}/cli"], check=True, env=environment(far))
    return time.perf_counter() - start


def by_glaux(far: VersityGw, file: Path) -> float:
    command = [str(BUILD / "bench" / "deliver"), far.endpoint, far.key_id, far.secret]
    command += [BUCKET, "glaux", str(file), str(file.parent)]
    return float(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def delivery_tables(folder: Path, rounds: int) -> list[str]:
    """By turns, so that both have the same neighbours; nothing where there is no other server."""
    if not PROGRAM.is_file():
        return []
    folder.mkdir()
    far = VersityGw(folder / "far").start()
    rows = []
    try:
        far.client().create_bucket(Bucket=BUCKET)
        for size in SIZES:
            file = folder / "file"
            file.write_bytes(os.urandom(size * 2**20))
            by_cli(far, file), by_glaux(far, file)
            pairs = [(by_cli(far, file), by_glaux(far, file)) for _ in range(rounds)]
            cli, glaux = ([pair[i] for pair in pairs] for i in (0, 1))
            ratio = statistics.median(cli) / statistics.median(glaux)
            rows.append([f"{size} MiB", *spread(glaux, 3), *spread(cli, 3), f"{ratio:.2f}"])
    finally:
        far.end()
    head = ["delivered", "glaux least s", "median", "most", "aws s3 cp least s", "median", "most"]
    return [table([*head, "of its speed"], rows)]
