"""The program glaux, beside a server and without one."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from server import BUILD, Server, Session, wait_for

TOP = Path(__file__).resolve().parent.parent.parent
AWS_CLI = Path(os.environ.get("GLAUX_AWS_CLI", "aws"))
SESSION_ID = "0a1b2c3d-1111-2222-3333-444455556666"


def clean(**more: str) -> dict[str, str]:
    """The environment without what belongs to the runner of the tests."""
    return {k: v for k, v in os.environ.items() if not k.startswith("GLAUX_")} | more


def run(
    program: str, *arguments: str | Path, status: int = 0, **more: str
) -> subprocess.CompletedProcess[str]:
    answer = subprocess.run(
        [str(BUILD / program), *map(str, arguments)],
        env=clean(**more),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert answer.returncode == status, answer
    return answer


def glaux_cli(
    *arguments: str | Path, status: int = 0, **more: str
) -> subprocess.CompletedProcess[str]:
    return run("glaux", *arguments, status=status, **more)


def fake_program(folder: Path, name: str, script: str) -> Path:
    folder.mkdir(exist_ok=True)
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    return folder


@pytest.fixture
def no_aws(tmp_path: Path) -> str:
    """A PATH with an AWS CLI that is new enough and answers at once."""
    folder = fake_program(tmp_path / "bin", "aws", "echo aws-cli/2.30.0 Python/3.13.7")
    return f"{folder}:/usr/bin:/bin"


# ---- help and usage ----


def test_help_names_every_command() -> None:
    text = glaux_cli("help").stdout
    for command in ("env", "key", "status", "stop", "logs", "doctor", "help"):
        assert re.search(rf"^  {command} ", text, re.MULTILINE)
        assert f"usage: glaux {command}" in glaux_cli("help", command).stdout
    assert glaux_cli("stop", "--help").stdout == glaux_cli("help", "stop").stdout
    assert re.fullmatch(r"glaux \d+\.\d+\.\d+\n", glaux_cli("--version").stdout)


def test_version_is_the_projects() -> None:
    declared = re.search(r"version: '([\d.]+)'", (TOP / "meson.build").read_text())
    assert declared
    assert glaux_cli("--version").stdout == f"glaux {declared[1]}\n"
    assert run("glauxd", "--version").stdout == f"glauxd {declared[1]}\n"


def test_manual_has_every_option() -> None:
    manual = (TOP / "packaging" / "glaux.1").read_text().replace("\\-", "-")
    for command in ("env", "key", "status", "stop", "logs", "doctor"):
        assert f".SS glaux {command}" in manual
        for option in re.findall(r"--[a-z-]+", glaux_cli("help", command).stdout):
            assert option in manual or option == "--help"
    server = (TOP / "packaging" / "glauxd.8").read_text().replace("\\-", "-")
    for option in re.findall(r"--[a-z-]+", run("glauxd", "--help").stdout):
        assert option in server


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ([], "a command is missing"),
        (["dance"], "no command 'dance'"),
        (["help", "dance"], "no command 'dance'"),
        (["env", "--bogus"], "--bogus"),
        (["env", "--timeout", "3"], "glaux env has no option --timeout"),
        (["env", "surplus"], "unexpected argument 'surplus'"),
        (["key"], "create, list, disable, enable or delete?"),
        (["key", "make"], "cannot 'make'"),
        (["key", "delete"], "wants the ID"),
        (["key", "list", "x"], "takes no further argument"),
        (["logs"], "wants the id of a session"),
        (["stop", "--timeout", "x"], "'x' is not a whole number"),
    ],
)
def test_misuse(arguments: list[str], words: str) -> None:
    answer = glaux_cli(*arguments, status=2)
    assert words in answer.stderr
    assert answer.stderr.startswith("glaux: ")
    assert not answer.stdout


@pytest.mark.parametrize("command", [["env"], ["status"], ["stop"]])
def test_no_server_has_run(tmp_path: Path, command: list[str]) -> None:
    answer = glaux_cli(*command, "--data", tmp_path / "none", status=1)
    assert f"glauxd --data {tmp_path}/none" in answer.stderr


def test_output_that_cannot_be_written_is_a_failure() -> None:
    with Path("/dev/full").open("w") as full:
        answer = subprocess.run(
            [BUILD / "glaux", "help"], stdout=full, stderr=subprocess.PIPE, text=True, env=clean()
        )
    assert answer.returncode == 1
    assert "could not be written" in answer.stderr


# ---- env ----


def exported(text: str) -> dict[str, str]:
    pairs = (line.split(" ", 1)[1] for line in text.splitlines() if line.startswith("export "))
    return {name: shlex.split(value)[0] for name, value in (pair.split("=", 1) for pair in pairs)}


def test_env_points_a_shell_at_the_server(glaux: Server, no_aws: str) -> None:
    answer = glaux_cli("env", "--data", glaux.data, PATH=no_aws)
    expected = {
        "AWS_ENDPOINT_URL": glaux.endpoint,
        "AWS_ACCESS_KEY_ID": glaux.key_id,
        "AWS_SECRET_ACCESS_KEY": glaux.secret,
        "AWS_DEFAULT_REGION": glaux.region,
        "AWS_REGION": glaux.region,
    }
    assert exported(answer.stdout) == expected
    assert not answer.stderr
    as_json = glaux_cli("env", "--data", glaux.data, "--json", PATH=no_aws)
    assert json.loads(as_json.stdout) == expected


def test_env_works_in_a_shell(glaux: Server) -> None:
    """Also in one that was set up for AWS itself."""
    script = (
        f'eval "$({BUILD / "glaux"} env --data {glaux.data})"; '
        f"{AWS_CLI} athena list-sessions --work-group spark --output json"
    )
    other = {
        "AWS_PROFILE": "production",
        "AWS_SESSION_TOKEN": "token",
        "AWS_ENDPOINT_URL_ATHENA": "http://127.0.0.1:9",
        "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
        "AWS_CONFIG_FILE": "/dev/null",
    }
    answer = subprocess.run(
        ["/bin/sh", "-c", script], env=clean(**other), capture_output=True, text=True, timeout=120
    )
    assert answer.returncode == 0, answer.stderr
    assert "Sessions" in json.loads(answer.stdout)


@pytest.mark.parametrize(
    ("version", "warned"),
    [("2.9.19", True), ("1.28.5", True), ("2.13.0", False), ("1.44.5", False)],
)
def test_env_warns_of_an_old_aws_cli(
    glaux: Server, tmp_path: Path, version: str, warned: bool
) -> None:
    folder = fake_program(tmp_path / "bin", "aws", f"echo aws-cli/{version} Python/3.11.2")
    answer = glaux_cli("env", "--data", glaux.data, PATH=f"{folder}:/usr/bin:/bin")
    assert ("ignores AWS_ENDPOINT_URL" in answer.stderr) == warned
    assert (str(folder / "aws") in answer.stderr) == warned


def test_env_without_the_server(new_server: Callable[..., Server], no_aws: str) -> None:
    server = new_server()
    server.end()
    answer = glaux_cli("env", "--data", server.data, PATH=no_aws)
    assert "no server runs" in answer.stderr
    assert exported(answer.stdout)["AWS_ENDPOINT_URL"] == server.endpoint


# ---- keys ----


def sign_in(server: Server, key: dict[str, str]) -> str:
    sts = server.client(
        "sts",
        aws_access_key_id=key["AccessKeyId"],
        aws_secret_access_key=key["SecretAccessKey"],
    )
    return str(sts.get_caller_identity()["Arn"])


def test_keys_of_a_running_server(glaux: Server, no_aws: str) -> None:
    def key(*arguments: str, status: int = 0) -> Any:
        answer = glaux_cli("key", *arguments, "--data", glaux.data, "--json", status=status)
        return json.loads(answer.stdout) if answer.stdout else answer.stderr

    made = key("create", "--user", "alice", "--description", "for tests")
    assert sign_in(glaux, made).endswith(":user/alice")
    listed = {entry["AccessKeyId"]: entry for entry in key("list")}
    assert listed[made["AccessKeyId"]]["Description"] == "for tests"
    assert "SecretAccessKey" not in listed[made["AccessKeyId"]]

    env = glaux_cli("env", "--data", glaux.data, "--key", made["AccessKeyId"], PATH=no_aws)
    assert exported(env.stdout)["AWS_SECRET_ACCESS_KEY"] == made["SecretAccessKey"]

    def refused() -> bool:
        try:
            sign_in(glaux, made)
        except ClientError as error:
            return bool(error.response["Error"]["Code"] == "InvalidClientTokenId")
        return False

    key("disable", made["AccessKeyId"])
    wait_for(refused, timeout=10)
    env = glaux_cli(
        "env", "--data", glaux.data, "--key", made["AccessKeyId"], status=1, PATH=no_aws
    )
    assert "is disabled" in env.stderr
    key("enable", made["AccessKeyId"])
    wait_for(lambda: not refused(), timeout=10)
    key("delete", made["AccessKeyId"])
    wait_for(refused, timeout=10)
    assert made["AccessKeyId"] not in {entry["AccessKeyId"] for entry in key("list")}
    assert "no access key" in key("delete", made["AccessKeyId"], status=1)


def test_key_table_and_the_last_key(new_server: Callable[..., Server]) -> None:
    server = new_server()
    table = glaux_cli("key", "list", "--data", server.data).stdout.splitlines()
    assert table[0].split() == ["ACCESS", "KEY", "ID", "STATUS", "USER", "CREATED", "DESCRIPTION"]
    assert table[1].split()[:3] == [server.key_id, "Active", "admin"]
    answer = glaux_cli("key", "disable", server.key_id, "--data", server.data)
    assert "no access key is active" in answer.stderr
    assert "disabled" in glaux_cli("env", "--data", server.data, status=1).stderr


def test_key_refuses_bad_names(glaux: Server) -> None:
    answer = glaux_cli("key", "create", "--user", "no spaces", "--data", glaux.data, status=1)
    assert "user's name" in answer.stderr


# ---- status and stop ----


def test_status(new_server: Callable[..., Server]) -> None:
    server = new_server("limits.memory=4GiB")
    answer = json.loads(glaux_cli("status", "--data", server.data, "--json").stdout)
    assert answer["running"] is True
    assert answer["ready"] is True
    assert answer["url"] == server.endpoint
    assert answer["pid"] == server.pid
    for port in ("sessions_port", "metastore_port"):
        socket.create_connection(("127.0.0.1", answer[port])).close()
    assert answer["memory_room_bytes"] == 4 << 30
    assert answer["memory_reserved_bytes"] == 0
    assert answer["uptime_seconds"] >= 0
    assert set(answer["sessions"].values()) == {0}
    table = glaux_cli("status", "--data", server.data).stdout
    assert re.search(rf"^url +{re.escape(server.endpoint)}$", table, re.MULTILINE)
    assert re.search(r"^memory +0 B of 4 GiB reserved$", table, re.MULTILINE)

    session = Session(server)
    answer = json.loads(glaux_cli("status", "--data", server.data, "--json").stdout)
    assert sum(answer["sessions"].values()) == 1
    assert answer["memory_reserved_bytes"] == 2 << 30
    session.end()

    server.end()
    answer = json.loads(glaux_cli("status", "--data", server.data, "--json", status=1).stdout)
    assert answer == {"data": str(server.data), "running": False, "ready": False}
    assert "not running" in glaux_cli("status", "--data", server.data, status=1).stdout


def test_stop_ends_the_sessions_too(new_server: Callable[..., Server]) -> None:
    server = new_server()
    session = Session(server)
    session.wait("IDLE")
    glaux_cli("stop", "--data", server.data)
    assert server.process
    assert server.process.wait(0.5) == 0
    assert "no server runs" in glaux_cli("stop", "--data", server.data).stderr
    server.end()
    server.start()
    assert session.status()["State"] == "TERMINATED"


def test_stop_may_keep_the_sessions(new_server: Callable[..., Server]) -> None:
    server = new_server()
    session = Session(server)
    session.wait("IDLE")
    glaux_cli("stop", "--keep-sessions", "--data", server.data)
    server.end()
    server.start()
    session.wait("IDLE")
    assert session.run("1 + 1")["Status"]["State"] == "COMPLETED"
    session.end()


def test_stop_says_when_the_time_is_over(new_server: Callable[..., Server]) -> None:
    server = new_server()
    os.kill(server.pid, signal.SIGSTOP)
    try:
        answer = glaux_cli("stop", "--timeout", "0", "--data", server.data, status=1)
    finally:
        os.kill(server.pid, signal.SIGCONT)
    assert "has not ended after 0 s" in answer.stderr
    assert server.process
    assert server.process.wait(30) == 0


def test_stop_never_signals_another_process(new_server: Callable[..., Server]) -> None:
    """A server.json that names a process which is not the server is not believed."""
    server = new_server()
    server.end()
    info = json.loads((server.data / "server.json").read_text())
    with subprocess.Popen(["sleep", "1000"]) as other:
        info["pid"] = other.pid
        (server.data / "server.json").write_text(json.dumps(info))
        assert "no server runs" in glaux_cli("stop", "--data", server.data).stderr
        assert other.poll() is None
        other.kill()


# ---- logs ----


def session_folder(tmp_path: Path, old: str | None, new: str, ended: bool) -> Path:
    folder = tmp_path / "data" / "sessions" / SESSION_ID
    folder.mkdir(parents=True)
    if old is not None:
        (folder / "log.1").write_text(old)
    (folder / "log").write_text(new)
    if ended:
        (folder / "exit.json").write_text("{}")
    return folder


def test_logs(tmp_path: Path) -> None:
    session_folder(tmp_path, "one\ntwo\nthr", "ee\nfour\nfive\n", ended=True)
    data = tmp_path / "data"
    everything = "one\ntwo\nthree\nfour\nfive\n"
    assert glaux_cli("logs", SESSION_ID, "--data", data).stdout == everything
    assert glaux_cli("logs", "-f", SESSION_ID, "--data", data).stdout == everything
    lines = everything.splitlines(keepends=True)
    for n in range(8):
        tail = glaux_cli("logs", SESSION_ID, "--data", data, "--tail", str(n)).stdout
        assert tail == "".join(lines[-n:] if n else [])


def test_logs_without_a_final_newline(tmp_path: Path) -> None:
    session_folder(tmp_path, None, "one\ntwo", ended=True)
    answer = glaux_cli("logs", SESSION_ID, "--data", tmp_path / "data", "-n", "1")
    assert answer.stdout == "two"


def test_long_logs(tmp_path: Path) -> None:
    """Longer than the blocks in which they are read."""
    lines = [f"{i} {'x' * (i % 300)}\n" for i in range(4000)]
    session_folder(tmp_path, "".join(lines[:2000]), "".join(lines[2000:]), ended=True)
    data = tmp_path / "data"
    assert glaux_cli("logs", SESSION_ID, "--data", data).stdout == "".join(lines)
    for n in (1, 700, 1999, 2000, 2001, 3999, 5000):
        tail = glaux_cli("logs", SESSION_ID, "--data", data, "--tail", str(n)).stdout
        assert tail == "".join(lines[-n:])


def test_logs_follow(tmp_path: Path) -> None:
    """Until the session ends, also while the log is turned over."""
    folder = session_folder(tmp_path, None, "begin\n", ended=False)
    data = str(tmp_path / "data")
    command = [str(BUILD / "glaux"), "logs", "-f", SESSION_ID, "--data", data]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=clean()) as process:
        assert process.stdout
        assert process.stdout.readline() == "begin\n"
        with (folder / "log").open("a") as log:
            log.write("more\n")
        assert process.stdout.readline() == "more\n"
        for i in range(5):
            with (folder / "log").open("a") as log:
                log.write(f"last of {i}\n")
            (folder / "log").rename(folder / "log.1")
            (folder / "log").write_text(f"first of {i + 1}\n")
            assert process.stdout.readline() == f"last of {i}\n"
            assert process.stdout.readline() == f"first of {i + 1}\n"
        with (folder / "log").open("a") as log:
            log.write("end\n")
        (folder / "exit.json").write_text("{}")
        assert process.stdout.read() == "end\n"
        assert process.wait(30) == 0


@pytest.mark.parametrize("name", ["../x", "a/b", "", "x" * 200, "."])
def test_logs_of_no_id(tmp_path: Path, name: str) -> None:
    assert "is no session's id" in glaux_cli("logs", name, "--data", tmp_path, status=1).stderr


def test_logs_of_an_unknown_session(tmp_path: Path) -> None:
    answer = glaux_cli("logs", SESSION_ID, "--data", tmp_path, status=1)
    assert f"no log of session {SESSION_ID}" in answer.stderr


def test_logs_of_a_real_session(glaux: Server, session: Session) -> None:
    session.run("import sys; print('to the calculation')")
    text = glaux_cli("logs", session.id, "--data", glaux.data).stdout
    assert text.strip()
    assert "to the calculation" not in text


# ---- doctor ----


def findings(*arguments: str | Path, status: int = 0, **more: str) -> dict[str, dict[str, str]]:
    answer = glaux_cli("doctor", "--json", *arguments, status=status, **more)
    return {entry["subject"]: entry for entry in json.loads(answer.stdout)}


def test_doctor_beside_a_server(glaux: Server, no_aws: str) -> None:
    found = findings("--data", glaux.data, PATH=no_aws)
    assert found["server"]["finding"] == "ok"
    assert glaux.endpoint in found["server"]["text"]
    for subject in (
        "Java",
        "engine",
        "driver",
        "shim",
        "memory",
        "data folder",
        "catalog",
        "clock",
    ):
        assert found[subject]["finding"] == "ok", found[subject]
    assert "17" in found["Java"]["text"]
    assert "PySpark 3.5" in found["engine"]["text"]
    assert found["AWS CLI"]["text"].endswith("version 2.30")


def test_doctor_says_what_is_missing(tmp_path: Path) -> None:
    """A settings file with something wrong of each kind, and a machine without Java."""
    folder = fake_program(tmp_path / "bin", "aws", "echo aws-cli/2.9.19 Python/3.11.2")
    not_java = fake_program(tmp_path / "java8", "unused", "").joinpath("bin")
    fake_program(not_java, "java", "echo 'openjdk version \"1.8.0_412\"' >&2")
    with socket.create_server(("127.0.0.1", 0)) as taken:
        config = tmp_path / "glauxd.ini"
        config.write_text(
            f"[server]\nlisten = 127.0.0.1:{taken.getsockname()[1]}\naccount = 7\n"
            f"[engine]\nmemory = 8GiB\ninterpreter = /bin/false\ndriver = {tmp_path}\n"
            f"java_home = {tmp_path}/java8\n"
            f"[limits]\nmemory = 4GiB\n[isolation]\nmode = none\ncgroup = {tmp_path}\n"
            f"[tls]\ncert_file = {tmp_path}/none\nkey_file = {tmp_path}/none\n"
        )
        data = tmp_path / "data"
        found = findings(
            "--config", config, "--data", data, status=1, PATH=str(folder), HTTP_PROXY="http://p:1"
        )
    missing = {subject for subject, entry in found.items() if entry["finding"] == "missing"}
    assert missing == {
        "settings",
        "address",
        "TLS",
        "Java",
        "engine",
        "driver",
        "memory",
        "memory limit",
    }
    assert "1.8.0_412" in found["Java"]["text"]
    assert "twelve digits" in found["settings"]["text"]
    assert found["isolation"]["finding"] == "warn"
    assert found["AWS CLI"]["finding"] == "warn"
    assert found["proxy"]["finding"] == "warn"
    assert all(entry["mend"] for entry in found.values() if entry["finding"] != "ok")
    assert not data.exists()


def test_doctor_about_data(tmp_path: Path, no_aws: str) -> None:
    """A PostgreSQL that is away, and an S3 elsewhere whose keys lie in no file."""
    config = tmp_path / "glauxd.ini"
    config.write_text(
        "[catalog]\ndatabase = postgresql://u:hidden@127.0.0.1:1/none\n"
        "[remote far]\nendpoint = http://127.0.0.1:1\nbuckets = lake\n"
        f"credentials = file:{tmp_path}/none\n"
        "[remote near]\nendpoint = http://127.0.0.1:2\nbuckets = pond\n"
        "access_key_id = a\nsecret_access_key = hidden\n"
    )
    found = findings("--config", config, "--data", tmp_path / "data", PATH=no_aws)
    assert found["catalog"]["finding"] == "warn"
    assert "PostgreSQL cannot be reached" in found["catalog"]["text"]
    assert found["remote far"]["finding"] == "warn"
    assert str(tmp_path / "none") in found["remote far"]["text"]
    assert found["remote near"]["text"] == "buckets pond at http://127.0.0.1:2"
    assert "hidden" not in json.dumps(found)


def test_doctor_without_java(tmp_path: Path) -> None:
    found = findings("--data", tmp_path / "data", status=1, PATH=str(tmp_path), JAVA_HOME="")
    assert found["Java"]["finding"] == "missing"
    assert "openjdk-17-jre-headless" in found["Java"]["mend"]


def test_doctor_in_words(tmp_path: Path, no_aws: str) -> None:
    lines = glaux_cli("doctor", "--data", tmp_path, PATH=no_aws).stdout.splitlines()
    assert re.fullmatch(r"\d+ ok, \d+ to look at, 0 missing", lines[-1])
    for line in lines[:-2]:
        assert re.match(r"(ok|warn) +\w|  +mend: ", line), line


def test_doctor_refuses_a_broken_settings_file(tmp_path: Path) -> None:
    config = tmp_path / "glauxd.ini"
    config.write_text("[log]\nlevel = loud\n")
    answer = glaux_cli("doctor", "--config", config, status=1)
    assert f"{config}:2: log.level: 'loud' is none of debug|info|warn|error" in answer.stderr


# ---- settings of glauxd ----


def test_settings_page_is_fresh() -> None:
    """Make it anew: build/glauxd --print-reference >docs/reference/settings.md"""
    page = TOP / "docs" / "reference" / "settings.md"
    assert run("glauxd", "--print-reference").stdout == page.read_text()


def test_printed_settings_can_be_read(tmp_path: Path) -> None:
    config = tmp_path / "glauxd.ini"
    printed = run("glauxd", "--set", "log.level=warn", "--print-config", GLAUX_ENGINE_HEAP="2GiB")
    config.write_text(printed.stdout)
    assert "\nlevel = warn\n" in printed.stdout
    assert "\nheap = 2GiB\n" in printed.stdout
    assert run("glauxd", "--config", config, "--print-config").stdout == printed.stdout


@pytest.mark.parametrize(
    ("arguments", "environment", "words"),
    [
        (["--set", "log.levl=info"], {}, "there is no setting 'log.levl'"),
        (["--set", "log.level=loud"], {}, "log.level: 'loud' is none of debug|info|warn|error"),
        (["--listen", "0.0.0.0:0"], {}, "is not a loopback address, and there is no TLS"),
        (["--listen", "nonsense"], {}, "server.listen: 'nonsense' is not HOST:PORT"),
        ([], {"GLAUX_LOG_LEVL": "info"}, "environment variable GLAUX_LOG_LEVL is no setting"),
        ([], {"GLAUX_LOG_LEVEL": "x"}, "environment variable GLAUX_LOG_LEVEL: log.level: 'x'"),
        (["--config", "/nonexistent"], {}, "settings file /nonexistent cannot be read: No such"),
        (["--bogus"], {}, "--bogus is not an option"),
    ],
)
def test_the_server_refuses(
    tmp_path: Path, arguments: list[str], environment: dict[str, str], words: str
) -> None:
    data = tmp_path / "data"
    answer = run("glauxd", "--data", data, *arguments, status=1, **environment)
    assert words in answer.stderr
    assert len(answer.stderr.splitlines()) == 1
    assert not answer.stdout
    assert not data.exists()


def test_one_server_a_folder(glaux: Server) -> None:
    answer = run("glauxd", "--data", glaux.data, "--listen", "127.0.0.1:0", status=1)
    assert "another glauxd uses the data folder" in answer.stderr
    assert glaux.get("/-/readyz") == "ready\n"
