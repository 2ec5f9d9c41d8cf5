"""A glauxd of one's own: started on a free port of the loopback, ended with its sessions."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import textwrap
import time
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import boto3
from botocore.config import Config

BUILD = Path(os.environ.get("GLAUX_BUILD", Path(__file__).parent.parent / "build")).absolute()
ENDED_SESSION = ("TERMINATED", "FAILED", "DEGRADED")
ENDED_CALCULATION = ("COMPLETED", "FAILED", "CANCELED")


def wait_for(what: Callable[[], Any], timeout: float = 60, every: float = 0.01) -> Any:
    """Ask until the answer is true, and return it."""
    end = time.monotonic() + timeout
    while True:
        answer = what()
        if answer:
            return answer
        if time.monotonic() > end:
            raise TimeoutError(f"{what} did not come true within {timeout} s")
        time.sleep(every)


class Server:
    """One data folder and the glauxd that serves it; it may be ended and started again."""

    region = "us-east-1"

    def __init__(self, data: Path, settings: dict[str, str] | None = None) -> None:
        self.data = data
        self.settings = settings or {}
        self.variables: dict[str, str] = {}  # of its environment, beside this process's
        self.log = data.parent / f"{data.name}.log"
        self.process: subprocess.Popen[bytes] | None = None
        self.endpoint = ""
        self.key_id = ""
        self.secret = ""

    def start(self) -> Server:
        command = [str(BUILD / "glauxd"), "--data", str(self.data), "--listen", "127.0.0.1:0"]
        for name, value in self.settings.items():
            command += ["--set", f"{name}={value}"]
        clean = {k: v for k, v in os.environ.items() if not k.startswith("GLAUX_")}
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                command,
                stdout=subprocess.PIPE,
                stderr=log,
                env=clean | self.variables,
                process_group=0,  # a terminal's Ctrl-C is not for the server: end() sends its own
            )
        assert self.process.stdout
        line = self.process.stdout.readline().decode()
        if not line.startswith("glauxd ready: "):
            self.process.wait(30)
            raise RuntimeError(f"glauxd did not start: {self.log.read_text()[-2000:]}")
        self.endpoint = line.split()[-1]
        key = json.loads((self.data / "keys.json").read_text())["keys"][0]
        self.key_id, self.secret = key["id"], key["secret"]
        return self

    @property
    def pid(self) -> int:
        assert self.process
        return self.process.pid

    def end(self, number: int = signal.SIGINT, timeout: float = 60) -> int:
        """End the server by a signal and return its exit status. SIGINT ends its sessions, too."""
        if not self.process:
            return 0
        if self.process.poll() is None:
            self.process.send_signal(number)
        try:
            status = self.process.wait(timeout)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
            raise
        finally:
            if self.process.stdout:
                self.process.stdout.close()
        self.process = None
        return status

    def restart(self, number: int = signal.SIGTERM) -> None:
        self.end(number)
        self.start()

    def client(self, service: str, **options: Any) -> Any:
        options.setdefault("config", Config(retries={"max_attempts": 1, "mode": "standard"}))
        options.setdefault("aws_access_key_id", self.key_id)
        options.setdefault("aws_secret_access_key", self.secret)
        return boto3.client(service, endpoint_url=self.endpoint, region_name=self.region, **options)

    def environment(self) -> dict[str, str]:
        """The variables with which an unmodified client finds this server."""
        kept = {k: v for k, v in os.environ.items() if not k.startswith("AWS_")}
        return kept | {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": self.key_id,
            "AWS_SECRET_ACCESS_KEY": self.secret,
            "AWS_DEFAULT_REGION": self.region,
            "AWS_REGION": self.region,
            "AWS_CONFIG_FILE": "/dev/null",
            "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
            "AWS_EC2_METADATA_DISABLED": "true",
        }

    def get(self, path: str) -> str:
        """An unsigned GET, for what lies under /-/."""
        with urllib.request.urlopen(self.endpoint + path, timeout=10) as answer:
            return str(answer.read().decode())


class Session:
    """A Spark session of a server, driven by boto3."""

    def __init__(self, server: Server, **options: Any) -> None:
        self.server = server
        self.athena = server.client("athena")
        self.s3 = server.client("s3")
        options.setdefault("WorkGroup", "spark")
        options.setdefault("EngineConfiguration", {"MaxConcurrentDpus": 4})
        self.id: str = self.athena.start_session(**options)["SessionId"]

    def status(self) -> dict[str, Any]:
        return dict(self.athena.get_session_status(SessionId=self.id)["Status"])

    def wait(self, *states: str, timeout: float = 120) -> dict[str, Any]:
        """Wait until the session is in one of the states; another end fails at once."""

        def arrived() -> dict[str, Any] | None:
            status = self.status()
            if status["State"] not in states and status["State"] in ENDED_SESSION:
                raise AssertionError(f"the session ended: {status}")
            return status if status["State"] in states else None

        status: dict[str, Any] = wait_for(arrived, timeout)
        return status

    def start(self, code: str, **options: Any) -> str:
        answer = self.athena.start_calculation_execution(
            SessionId=self.id, CodeBlock=code, **options
        )
        return str(answer["CalculationExecutionId"])

    def calculation(self, calculation_id: str) -> dict[str, Any]:
        return dict(self.athena.get_calculation_execution(CalculationExecutionId=calculation_id))

    def wait_calculation(self, calculation_id: str, timeout: float = 120) -> dict[str, Any]:
        def ended() -> dict[str, Any] | None:
            answer = self.calculation(calculation_id)
            return answer if answer["Status"]["State"] in ENDED_CALCULATION else None

        answer: dict[str, Any] = wait_for(ended, timeout)
        return answer

    def run(self, code: str, timeout: float = 120) -> dict[str, Any]:
        return self.wait_calculation(self.start(code), timeout)

    def read(self, uri: str) -> str:
        bucket, key = uri.removeprefix("s3://").split("/", 1)
        return str(self.s3.get_object(Bucket=bucket, Key=key)["Body"].read().decode())

    def output(self, calculation_id: str, timeout: float = 300) -> str:
        """Standard output of a block that succeeds; of one that does not, its errors are shown."""
        answer = self.wait_calculation(calculation_id, timeout)
        if answer["Status"]["State"] != "COMPLETED":
            errors = self.read(answer["Result"]["StdErrorS3Uri"])
            raise AssertionError(f"{answer['Status']}\n{errors[-4000:]}")
        return self.read(answer["Result"]["StdOutS3Uri"])

    def stdout(self, code: str) -> str:
        return self.output(self.start(textwrap.dedent(code)))

    def end(self) -> None:
        with contextlib.suppress(Exception):
            self.athena.terminate_session(SessionId=self.id)


def ready_session(server: Server, properties: dict[str, str]) -> Session:
    """A session with Spark properties of its own, once it is IDLE."""
    engine = {"MaxConcurrentDpus": 2, "SparkProperties": properties}
    session = Session(server, EngineConfiguration=engine)
    session.wait("IDLE")
    return session
