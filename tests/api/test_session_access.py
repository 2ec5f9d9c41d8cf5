"""What the code of a session is given, and what it reaches with it."""

from __future__ import annotations

import json
import stat
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from conftest import light_settings
from server import Server, Session, wait_for

ROLE = "arn:aws:iam::000000000000:role/team/Analysts"


def telling_driver(folder: Path) -> str:
    """A program in the place of the engine's Python: it writes its environment down and waits."""
    program = folder / "telling"
    program.write_text(
        '#!/bin/sh\nenv > "$HOME/told.new"\nmv "$HOME/told.new" "$HOME/told"\nexec sleep 600\n'
    )
    program.chmod(0o755)
    return str(program)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("access")
    settings = light_settings(folder) | {
        "engine.interpreter": telling_driver(folder),
        "role.Analysts.buckets": "shared:ro, team/in/*, team/deep/er/*, team/deep/est/*",
    }
    one = Server(folder / "data", settings).start()
    s3 = one.client("s3")
    for bucket in ("shared", "team", "foreign"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="shared", Key="a", Body=b"shared")
    s3.put_object(Bucket="foreign", Key="a", Body=b"foreign")
    s3.put_object(Bucket="team", Key="in/a", Body=b"in")
    s3.put_object(Bucket="team", Key="out", Body=b"out")
    one.client("athena").create_work_group(
        Name="analysts",
        Configuration={
            "EngineVersion": {"SelectedEngineVersion": "PySpark engine version 3"},
            "ExecutionRole": ROLE,
            "ResultConfiguration": {"OutputLocation": "s3://glaux-results/analysts/"},
        },
    )
    yield one
    one.end()


@dataclass
class Code:
    """The view of a session's code: its environment."""

    session: Session
    variables: dict[str, str]

    def credentials(self, ticket: str | None = None) -> dict[str, str]:
        request = urllib.request.Request(self.variables["AWS_CONTAINER_CREDENTIALS_FULL_URI"])
        request.add_header(
            "Authorization", ticket or self.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
        )
        with urllib.request.urlopen(request, timeout=10) as answer:
            return dict(json.load(answer))

    def client(
        self, service: str, endpoint: str = "", signature: str | None = None, **changes: str
    ) -> Any:
        c = self.credentials() | changes
        return boto3.client(
            service,
            endpoint_url=endpoint or self.variables["AWS_ENDPOINT_URL"],
            region_name=self.variables["AWS_REGION"],
            aws_access_key_id=c["AccessKeyId"],
            aws_secret_access_key=c["SecretAccessKey"],
            aws_session_token=c["Token"],
            config=Config(
                retries={"max_attempts": 1, "mode": "standard"}, signature_version=signature
            ),
        )


def start(server: Server, group: str = "spark", **options: Any) -> Code:
    session = Session(server, WorkGroup=group, **options)
    told = server.data / "work" / session.id / "told"
    wait_for(told.exists)
    return Code(session, dict(line.split("=", 1) for line in told.read_text().splitlines()))


@pytest.fixture(scope="module")
def code(server: Server) -> Iterator[Code]:
    one = start(server)
    yield one
    one.session.end()


@pytest.fixture(scope="module")
def analyst(server: Server) -> Iterator[Code]:
    one = start(server, "analysts")
    yield one
    one.session.end()


def code_of(call: Callable[[], Any]) -> tuple[str, int]:
    """Error and HTTP status of a call that fails."""
    with pytest.raises(ClientError) as caught:
        call()
    answer = caught.value.response
    return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"]


def test_environment(server: Server, code: Code) -> None:
    url = code.variables["AWS_ENDPOINT_URL"]
    assert url.startswith("http://127.0.0.1:")
    assert url != server.endpoint
    assert code.variables["AWS_REGION"] == code.variables["AWS_DEFAULT_REGION"] == server.region
    assert server.secret not in str(code.variables)
    assert server.key_id not in str(code.variables)


def test_the_servers_secrets_are_its_own(server: Server, code: Code) -> None:
    secret = server.data / "session.secret"
    assert stat.S_IMODE(secret.stat().st_mode) == 0o600
    for path in (server.data / "work" / code.session.id).rglob("*"):
        if path.is_file():
            text = path.read_text()
            assert server.secret not in text
            assert secret.read_text() not in text


def test_credentials(code: Code) -> None:
    c = code.credentials()
    assert c["AccessKeyId"].startswith("ASIA")
    expires = datetime.fromisoformat(c["Expiration"])
    assert timedelta(minutes=55) < expires - datetime.now(UTC) <= timedelta(hours=1)
    assert c["RoleArn"].startswith("arn:aws:iam::")


def test_credentials_are_for_those_with_a_ticket(server: Server, code: Code) -> None:
    good = code.variables["AWS_CONTAINER_AUTHORIZATION_TOKEN"]
    for ticket in (good[:-1] + ("0" if good[-1] != "0" else "1"), "x", code.session.id):
        with pytest.raises(urllib.error.HTTPError) as caught:
            code.credentials(ticket)
        assert caught.value.code == 403
    with pytest.raises(urllib.error.HTTPError):
        server.get("/-/credentials")


def test_identity(server: Server, code: Code) -> None:
    for endpoint in ("", server.endpoint):
        identity = code.client("sts", endpoint).get_caller_identity()
        assert identity["Account"] == "000000000000"
        assert identity["Arn"] == (
            "arn:aws:sts::000000000000:assumed-role/GlauxSparkExecutionRole/"
            f"AthenaExecutor-{code.session.id}"
        )


def test_objects_on_both_listeners(server: Server, code: Code) -> None:
    for endpoint in ("", server.endpoint):
        s3 = code.client("s3", endpoint)
        s3.put_object(Bucket="glaux-data", Key="k", Body=b"mine")
        assert s3.get_object(Bucket="glaux-data", Key="k")["Body"].read() == b"mine"


def test_presigned(code: Code) -> None:
    s3 = code.client("s3", signature="s3v4")
    s3.put_object(Bucket="glaux-data", Key="presigned", Body=b"mine")
    url = s3.generate_presigned_url("get_object", {"Bucket": "glaux-data", "Key": "presigned"})
    with urllib.request.urlopen(url, timeout=10) as answer:
        assert answer.read() == b"mine"


def test_access_keys_are_not_for_sessions(server: Server, code: Code) -> None:
    s3 = boto3.client(
        "s3",
        endpoint_url=code.variables["AWS_ENDPOINT_URL"],
        region_name=server.region,
        aws_access_key_id=server.key_id,
        aws_secret_access_key=server.secret,
    )
    assert code_of(s3.list_buckets) == ("InvalidAccessKeyId", 403)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"SecretAccessKey": "x" * 40}, "SignatureDoesNotMatch"),
        ({"AccessKeyId": "ASIA" + "A" * 16}, "InvalidToken"),
        ({"Token": "x"}, "InvalidToken"),
    ],
)
def test_forged_credentials(code: Code, changes: dict[str, str], error: str) -> None:
    assert code_of(code.client("s3", **changes).list_buckets)[0] == error


def test_default_buckets(code: Code) -> None:
    s3 = code.client("s3")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert names == ["glaux-data", "glaux-results"]
    s3.put_object(Bucket="glaux-results", Key="mine", Body=b"")
    denied = ("AccessDenied", 403)
    assert code_of(lambda: s3.get_object(Bucket="foreign", Key="a")) == denied
    assert code_of(lambda: s3.get_object(Bucket="foreign", Key="none")) == denied
    assert code_of(lambda: s3.put_object(Bucket="foreign", Key="b", Body=b"")) == denied
    assert code_of(lambda: s3.delete_object(Bucket="foreign", Key="a")) == denied
    assert code_of(lambda: s3.list_objects_v2(Bucket="foreign")) == denied
    assert code_of(lambda: s3.create_bucket(Bucket="another")) == denied
    assert code_of(lambda: s3.delete_bucket(Bucket="foreign")) == denied
    assert code_of(lambda: s3.head_bucket(Bucket="foreign"))[1] == 403


def test_buckets_of_a_role(analyst: Code) -> None:
    s3 = analyst.client("s3")
    names = [bucket["Name"] for bucket in s3.list_buckets()["Buckets"]]
    assert names == ["glaux-results", "shared", "team"]
    denied = ("AccessDenied", 403)
    assert s3.get_object(Bucket="shared", Key="a")["Body"].read() == b"shared"
    assert code_of(lambda: s3.put_object(Bucket="shared", Key="a", Body=b"")) == denied
    assert s3.get_object(Bucket="team", Key="in/a")["Body"].read() == b"in"
    s3.put_object(Bucket="team", Key="in/b", Body=b"")
    assert s3.list_objects_v2(Bucket="team", Prefix="in/")["KeyCount"] == 2
    assert code_of(lambda: s3.get_object(Bucket="team", Key="out")) == denied
    assert code_of(lambda: s3.list_objects_v2(Bucket="team")) == denied
    assert code_of(lambda: s3.get_object(Bucket="glaux-data", Key="k")) == denied
    s3.put_object(Bucket="glaux-results", Key="analysts/mine", Body=b"")  # the group's location
    assert code_of(lambda: s3.put_object(Bucket="glaux-results", Key="x", Body=b"")) == denied
    arn = analyst.client("sts").get_caller_identity()["Arn"]
    assert arn.endswith(f":assumed-role/Analysts/AthenaExecutor-{analyst.session.id}")


def test_the_way_to_what_is_granted(analyst: Code) -> None:
    """Hadoop looks for the folders above before it writes: they are there, and show no more."""
    s3 = analyst.client("s3")

    def shown(prefix: str, **options: Any) -> list[str]:
        page = s3.list_objects_v2(Bucket="team", Prefix=prefix, Delimiter="/", **options)
        assert "Contents" not in page
        return [part["Prefix"] for part in page.get("CommonPrefixes", [])]

    assert shown("") == ["deep/", "in/"]
    assert shown("deep") == ["deep/"]
    assert shown("deep/") == ["deep/er/", "deep/est/"]
    assert shown("deep/", StartAfter="deep/er/") == ["deep/est/"]
    pages = s3.get_paginator("list_objects_v2").paginate(
        Bucket="team", Prefix="deep/", Delimiter="/", PaginationConfig={"PageSize": 1}
    )
    assert [part["Prefix"] for page in pages for part in page["CommonPrefixes"]] == [
        "deep/er/",
        "deep/est/",
    ]
    assert code_of(lambda: s3.head_object(Bucket="team", Key="deep"))[1] == 404
    assert code_of(lambda: s3.get_object(Bucket="team", Key="deep/er")) == ("NoSuchKey", 404)
    denied = ("AccessDenied", 403)
    assert code_of(lambda: s3.list_objects_v2(Bucket="team", Prefix="o", Delimiter="/")) == denied
    assert code_of(lambda: s3.list_objects_v2(Bucket="team", Prefix="deep/")) == denied
    assert code_of(lambda: s3.put_object(Bucket="team", Key="deep", Body=b"")) == denied
    assert code_of(lambda: s3.get_object(Bucket="team", Key="dee")) == denied


def test_the_sessions_own_role(server: Server) -> None:
    """StartSession may name another role than the workgroup's."""
    one = start(server, "spark", ExecutionRole=ROLE)
    try:
        assert one.client("s3").get_object(Bucket="shared", Key="a")
    finally:
        one.session.end()


def test_athena_of_the_own_workgroup(server: Server, code: Code, analyst: Code) -> None:
    athena = code.client("athena")
    mine, others = code.session.id, analyst.session.id
    assert athena.get_session(SessionId=mine)["WorkGroup"] == "spark"
    assert athena.get_work_group(WorkGroup="spark")
    assert mine in [s["SessionId"] for s in athena.list_sessions(WorkGroup="spark")["Sessions"]]
    denied = ("AccessDeniedException", 400)
    assert code_of(lambda: athena.get_session(SessionId=others)) == denied
    assert code_of(lambda: athena.terminate_session(SessionId=others)) == denied
    assert code_of(lambda: athena.list_sessions(WorkGroup="analysts")) == denied
    assert code_of(lambda: athena.get_work_group(WorkGroup="analysts")) == denied
    assert (
        code_of(lambda: athena.start_session(WorkGroup="spark", EngineConfiguration={})) == denied
    )
    assert code_of(lambda: athena.delete_work_group(WorkGroup="analysts")) == denied
    missing = "00000000-0000-4000-8000-000000000000"
    assert code_of(lambda: athena.get_session(SessionId=missing))[0] == "InvalidRequestException"
    assert (
        code_of(lambda: athena.get_calculation_execution(CalculationExecutionId=missing))[0]
        == "InvalidRequestException"
    )


def test_credentials_end_with_their_session(server: Server) -> None:
    one = start(server)
    s3 = one.client("s3")
    s3.put_object(Bucket="glaux-data", Key="last", Body=b"")
    one.session.athena.terminate_session(SessionId=one.session.id)
    assert code_of(lambda: s3.get_object(Bucket="glaux-data", Key="last")) == ("ExpiredToken", 400)
    with pytest.raises(urllib.error.HTTPError):
        one.credentials()
    one.session.wait("TERMINATED")
    assert code_of(lambda: s3.get_object(Bucket="glaux-data", Key="last")) == ("ExpiredToken", 400)


def test_a_restart_keeps_address_and_credentials(
    new_server: Callable[..., Server], tmp_path: Path
) -> None:
    settings = light_settings(tmp_path) | {"engine.interpreter": telling_driver(tmp_path)}
    server = new_server(*(f"{k}={v}" for k, v in settings.items()))
    one = start(server)
    s3 = one.client("s3")
    s3.put_object(Bucket="glaux-data", Key="k", Body=b"kept")
    server.restart()
    assert s3.get_object(Bucket="glaux-data", Key="k")["Body"].read() == b"kept"
    assert one.credentials()["AccessKeyId"].startswith("ASIA")


def test_a_port_that_is_taken(new_server: Callable[..., Server]) -> None:
    first = new_server(name="first")
    port = json.loads((first.data / "server.json").read_text())["sessions_port"]
    low = int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    assert port < low
    second = new_server(name="second")
    second.end()
    info = json.loads((second.data / "server.json").read_text())
    (second.data / "server.json").write_text(json.dumps(info | {"sessions_port": port}))
    second.start()
    assert json.loads((second.data / "server.json").read_text())["sessions_port"] != port
    assert "sessions of the last server reach no data" in second.log.read_text()


def test_short_lifetime(new_server: Callable[..., Server], tmp_path: Path) -> None:
    settings = light_settings(tmp_path) | {"engine.interpreter": telling_driver(tmp_path)}
    server = new_server(
        "session.credentials_lifetime=60s", *(f"{k}={v}" for k, v in settings.items())
    )
    expires = datetime.fromisoformat(start(server).credentials()["Expiration"])
    assert expires - datetime.now(UTC) <= timedelta(seconds=60)


@pytest.mark.parametrize(
    "setting",
    ["session.buckets=Bad_Name", "role.x.buckets=data/x*", "session.warehouse=/tmp/x"],
)
def test_bad_settings(new_server: Callable[..., Server], setting: str) -> None:
    with pytest.raises(RuntimeError, match=setting.split("=", maxsplit=1)[0].replace(".", r"\.")):
        new_server(setting)
