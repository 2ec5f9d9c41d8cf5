"""kill -9 of the server and of drivers while sessions write files and tables.

Every object is whole, every table can be read, what was reported as written is there, and of what
was cut there is what docs/data.md promises. GLAUX_CRASHES says how many times, GLAUX_SEED where the
moments come from.
"""

from __future__ import annotations

import faulthandler
import itertools
import json
import os
import random
import signal
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import BotoCoreError, ClientError, HTTPClientError
from processes import program_of
from server import ENDED_CALCULATION, ENDED_SESSION, Server, Session, wait_for
from store_checks import abort_uploads, check_bodies, differences, keys
from table_writes import (
    BUCKET,
    FORMATS,
    PLACE,
    TOOLS,
    Attempt,
    Kind,
    files_and_tables,
    found_in,
    table_formats,
)

CRASHES = int(os.environ.get("GLAUX_CRASHES", "4"))
SEED = int(os.environ.get("GLAUX_SEED", "0")) or random.SystemRandom().getrandbits(32)

# What is killed, by turns.
TURNS: list[set[str]] = [
    {"server"},
    {"java"},
    {"server"},
    {"python"},
    {"server"},
    {"server", "java"},
]


class GoneError(Exception):
    """The session has ended."""


def patiently(call: Callable[[], Any]) -> Any:
    """Ask until there is an answer: the server may be away."""

    def answer() -> list[Any]:
        try:
            return [call()]
        except (BotoCoreError, HTTPClientError):
            return []
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] < 500:
                raise
            return []

    return wait_for(answer, 60, 0.05)[0]


class Writer(threading.Thread):
    """Writes by one session, one calculation after the other, until it is told to stop or the
    session ends. What is cut is noted with its kind."""

    def __init__(self, session: Session, kinds: list[Kind], numbers: Iterator[int], seed: int):
        super().__init__()
        self.session = session
        self.kinds = kinds
        self.numbers = numbers
        self.random = random.Random(seed)
        self.stopping = threading.Event()
        self.now: tuple[Kind, Attempt] | None = None
        self.ends: list[dict[str, Any]] = []  # of calculations
        self.broken: BaseException | None = None

    def run(self) -> None:
        try:
            while not self.stopping.is_set():
                self.write(self.random.choice(self.kinds), next(self.numbers))
        except GoneError:
            pass
        except BaseException as error:
            self.broken = error

    def write(self, kind: Kind, batch: int) -> None:
        kind.cut = Attempt(batch)
        self.now = (kind, kind.cut)
        status = self.run_to_the_end(kind.code(batch))
        if status["State"] != "COMPLETED":
            self.stopping.set()
            return
        kind.written(batch)
        kind.cut = None

    def run_to_the_end(self, code: str) -> dict[str, Any]:
        token = str(uuid.uuid4())

        def start() -> str | None:
            try:
                return self.session.start(code, ClientRequestToken=token)
            except self.session.athena.exceptions.InvalidRequestException:
                # Not idle yet after a restart of the server, or ended.
                if self.session.status()["State"] in ENDED_SESSION:
                    raise GoneError from None
                return None

        calculation = wait_for(lambda: patiently(start), 60, 0.1)

        def ended() -> dict[str, Any] | None:
            answer = patiently(lambda: self.session.calculation(calculation))
            return answer if answer["Status"]["State"] in ENDED_CALCULATION else None

        answer = wait_for(ended, 240, 0.05)
        self.ends.append(answer)
        return dict(answer["Status"])


class Team:
    """A session that is replaced when it was killed, and what it writes."""

    def __init__(self, server: Server, kinds: list[Kind], properties: dict[str, str]) -> None:
        self.server = server
        self.kinds = kinds
        self.properties = properties
        self.begin()

    def begin(self) -> None:
        engine = {"MaxConcurrentDpus": 2, "SparkProperties": self.properties}
        self.session = Session(self.server, EngineConfiguration=engine)

    def ready(self) -> None:
        self.session.wait("IDLE")
        self.session.stdout(TOOLS)

    def read(self) -> dict[str, list[list[int]] | None]:
        """What is there by kind; None for a table that is not."""
        all_kinds = ", ".join(f"{kind.name!r}: {kind.reading}" for kind in self.kinds)
        return dict(json.loads(self.session.stdout(f"print(json.dumps({{{all_kinds}}}))")))

    def begin_tables(self) -> None:
        for kind in self.kinds:
            self.session.stdout(kind.code(0))
            kind.written(0)


def killed(turn: set[str], server: Server, victim: Writer) -> None:
    """All at once: the server, and programs of the victim's session."""
    pids = [
        server.pid if name == "server" else program_of(victim.session.id, name) for name in turn
    ]
    for pid in pids:
        os.kill(pid, signal.SIGKILL)
    if "server" in turn:
        server.end()
        server.start()


def is_marked(s3: Any, kind: Kind, attempt: Attempt) -> bool:
    key = f"marks/{kind.name}/{attempt.batch}"
    return int(s3.list_objects_v2(Bucket=BUCKET, Prefix=key, MaxKeys=1)["KeyCount"]) == 1


def look_for_marks(server: Server, teams: list[Team]) -> None:
    """Whether the jobs that were cut had begun to commit."""
    s3 = server.client("s3")
    for kind in [kind for team in teams for kind in team.kinds]:
        if kind.cut:
            kind.cut.marked = is_marked(s3, kind, kind.cut)


def wait_for_moment(s3: Any, victim: Writer, chance: random.Random) -> None:
    """Anywhere in what the victim does, or just when a job is about to commit."""
    if chance.random() < 0.3:
        time.sleep(chance.uniform(0.1, 2))
        return
    wait_for(lambda: victim.now and is_marked(s3, *victim.now), 60, 0.005)
    time.sleep(chance.uniform(0, 0.4))


def check_ends(turn: set[str], writers: list[Writer], victim: Writer) -> None:
    """What sessions and calculations say of themselves."""
    for writer in writers:
        if writer.broken:
            raise writer.broken
        if turn & {"java", "python"} and writer is victim:
            status = wait_for(lambda: end_of(victim.session), 60)
            assert status["State"] == "FAILED", status
            how = "signal 9" if "python" in turn else "JVM ended unexpectedly, by signal 9"
            assert how in status["StateChangeReason"], status["StateChangeReason"]
        else:
            writer.session.wait("IDLE")
            assert writer.ends[-1]["Status"]["State"] == "COMPLETED", told(writer)


def told(writer: Writer) -> str:
    """How far a writer came, for a person who reads a failed test's output."""
    name = writer.now[0].name if writer.now else "-"
    last = writer.ends[-1]["Status"] if writer.ends else {}
    return f"{len(writer.ends)} to {name}: {last.get('State')} {last.get('StateChangeReason')}"


def end_of(session: Session) -> dict[str, Any] | None:
    status = session.status()
    return status if status["State"] in ENDED_SESSION else None


def check_tables(server: Server, teams: list[Team]) -> None:
    s3, glue = server.client("s3"), server.client("glue")
    found: dict[str, list[list[int]] | None] = {}
    for team in teams:
        found |= team.read()
        for kind in team.kinds:
            kind.check(found_in(kind.name, found[kind.name] or []))
    listed = {table["Name"] for table in glue.get_tables(DatabaseName="crash")["TableList"]}
    tables = {kind.name for team in teams for kind in team.kinds if kind.is_table}
    assert listed == {name for name in tables if found[name] is not None}
    if found["managed"] is None:  # a table of that name is not made where files are
        for key in keys(s3, BUCKET, "crash/tables/managed/"):
            s3.delete_object(Bucket=BUCKET, Key=key)


def check_store(server: Server) -> None:
    s3 = server.client("s3")
    check_bodies(s3, BUCKET)
    unfinished = [key for key in keys(s3, BUCKET, "crash/") if "/_temporary/" in key]
    assert [key for key in unfinished if "/.spark-staging-" not in key] == []
    abort_uploads(s3, BUCKET)
    try:
        wait_for(lambda: not differences(server.data), 20, 0.1)
    except TimeoutError:
        assert differences(server.data) == []


@pytest.mark.timeout(900 + 120 * CRASHES)
def test_what_was_written_is_there(new_server: Callable[..., Server]) -> None:
    faulthandler.cancel_dump_traceback_later()  # pytest's, for tests that have no time of their own
    print(f"GLAUX_SEED={SEED}")
    chance = random.Random(SEED)
    server = new_server()
    teams = [Team(server, files_and_tables(), {}), Team(server, table_formats(), FORMATS)]
    for team in teams:
        team.ready()
    teams[0].session.stdout(f"spark.sql(\"create database crash location '{PLACE}/tables'\")")
    for team in teams:
        team.begin_tables()
    numbers = itertools.count(1)
    for crash in range(CRASHES):
        turn = TURNS[crash % len(TURNS)]
        writers = [
            Writer(team.session, team.kinds, numbers, chance.getrandbits(32)) for team in teams
        ]
        for writer in writers:
            writer.start()
        at = chance.randrange(len(teams))
        wait_for_moment(server.client("s3"), writers[at], chance)
        killed(turn, server, writers[at])
        for writer in writers:
            writer.stopping.set()
            writer.join()
        print(crash, turn, [told(writer) for writer in writers])
        check_ends(turn, writers, writers[at])
        if turn != {"server"}:
            teams[at].begin()
            teams[at].ready()
        look_for_marks(server, teams)
        check_tables(server, teams)
        check_store(server)
    for team in teams:
        team.session.end()
        team.begin()
    for team in teams:
        team.ready()
    check_tables(server, teams)
