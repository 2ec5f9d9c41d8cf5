"""Another S3 server, versitygw, on a free port of the loopback and a folder of files."""

from __future__ import annotations

import os
import socket
import subprocess
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config
from server import wait_for

PROGRAM = Path(os.environ.get("GLAUX_VERSITYGW", "/nonexistent"))


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


class VersityGw:
    """One folder and the server of it; it may be ended and started again on the same port."""

    region = "us-east-1"
    key_id = "versityaccess"
    secret = "versitysecret"

    def __init__(
        self, folder: Path, port: int = 0, certificate: tuple[Path, Path] | None = None
    ) -> None:
        """With a certificate and its key it speaks TLS alone."""
        self.files = folder / "files"
        self.files.mkdir(parents=True, exist_ok=True)
        self.log = folder / "versitygw.log"
        self.port = port or free_port()
        self.certificate = certificate
        self.endpoint = f"http{'s' if certificate else ''}://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> VersityGw:
        command = [str(PROGRAM), "--port", f"127.0.0.1:{self.port}", "--region", self.region]
        command += ["--access", self.key_id, "--secret", self.secret, "--keep-alive", "--quiet"]
        if self.certificate:
            command += ["--cert", str(self.certificate[0]), "--key", str(self.certificate[1])]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [*command, "posix", str(self.files)],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                process_group=0,
            )
        try:
            wait_for(self._answers)
        except BaseException:
            self.end()
            raise
        return self

    def _answers(self) -> bool:
        assert self.process
        if self.process.poll() is not None:
            raise RuntimeError(f"versitygw did not start: {self.log.read_text()[-2000:]}")
        try:
            socket.create_connection(("127.0.0.1", self.port), timeout=1).close()
        except ConnectionRefusedError:
            return False
        return True

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def end(self) -> None:
        if self.process:
            self.process.kill()
            self.process.wait()
            self.process = None

    def client(self, **options: Any) -> Any:
        options.setdefault("config", Config(retries={"max_attempts": 1, "mode": "standard"}))
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint,
            region_name=self.region,
            aws_access_key_id=self.key_id,
            aws_secret_access_key=self.secret,
            **options,
        )
