"""The load tool, and the server that is measured beside ours."""

from __future__ import annotations

import json
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from bench.processes import cpu_of

CYCLE = Path(__file__).with_name("cycle.lua")
NGINX_CONFIG = """
daemon off;
master_process off;
pid {folder}/pid;
error_log stderr error;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    server_tokens off;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    keepalive_requests 1000000000;
    keepalive_time 24h;
    default_type application/x-amz-json-1.1;
    server {{
        listen 127.0.0.1:{port};
        {serve}
    }}
}}
"""


@dataclass(frozen=True)
class Load:
    """One run of the load tool, and what it cost the server."""

    per_second: float
    p50_us: float
    p99_us: float
    cpu_us: float  # of the server, a request
    user_us: float  # the part of it outside the kernel
    answer_bytes: float


def run_load(url: str, pid: int, requests: Path, connections: int, seconds: int) -> Load:
    """Sends the requests over and over; an answer that is not 200 is an error."""
    command = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--timeout", "10s"]
    before = cpu_of(pid)
    result = subprocess.run(
        [*command, "-s", str(CYCLE), url, "--", str(requests)], capture_output=True, text=True
    )
    cpu = cpu_of(pid).since(before)
    if result.returncode != 0:
        raise RuntimeError(f"wrk failed: {result.stderr or result.stdout}")
    seen = json.loads(result.stdout.splitlines()[-1])
    if seen["refused"] or seen["broken"] or not seen["requests"]:
        raise RuntimeError(f"not every request was answered with 200: {seen}")
    count = seen["requests"]
    return Load(
        per_second=count / seen["duration_us"] * 1e6,
        p50_us=seen["p50_us"],
        p99_us=seen["p99_us"],
        cpu_us=cpu.total / count * 1e6,
        user_us=cpu.user / count * 1e6,
        answer_bytes=seen["bytes"] / count,
    )


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def answer_of(body_bytes: int) -> str:
    """For nginx: answers everything with 200 and so many bytes."""
    request_id = "add_header x-amzn-RequestId 00000000-0000-0000-0000-000000000000;"
    return f'{request_id} return 200 "{"x" * body_bytes}";'


def files_of(folder: Path) -> str:
    """For nginx: serves a folder's files, and leaves their bytes to the kernel."""
    return f"root {folder}; sendfile on; open_file_cache max=10000;"


class Nginx:
    """One nginx process on the loopback that does what the lines in its server block say."""

    def __init__(self, folder: Path, serve: str) -> None:
        folder.mkdir()
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        config = folder / "nginx.conf"
        config.write_text(NGINX_CONFIG.format(folder=folder, port=self.port, serve=serve))
        self.process = subprocess.Popen(
            ["nginx", "-p", str(folder), "-c", str(config)], stdin=subprocess.DEVNULL
        )
        try:
            self._await()
        except BaseException:
            self.end()
            raise

    def _await(self) -> None:
        end = time.monotonic() + 10
        while True:
            if self.process.poll() is not None:
                raise RuntimeError("nginx did not start")
            try:
                socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
            except ConnectionRefusedError:
                if time.monotonic() > end:
                    raise
                time.sleep(0.01)
            else:
                return

    @property
    def pid(self) -> int:
        return self.process.pid

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(10)
