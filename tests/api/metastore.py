"""The server's metastore as a session of it reaches it, and what tests put into it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from hive_wire import Fields, Hive
from server import Server, Session, wait_for


class Metastore:
    """A server with one session, whose ticket opens connections."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self.session = Session(server)
        self.ticket = wait_for(self.find_ticket)

    @property
    def port(self) -> int:
        return int(json.loads((self.server.data / "server.json").read_text())["metastore_port"])

    def find_ticket(self) -> str | None:
        """In the environment of the session's driver."""
        for folder in Path("/proc").glob("[0-9]*"):
            try:
                lines = (folder / "environ").read_bytes().split(b"\0")
            except OSError:
                continue
            values = dict(line.split(b"=", 1) for line in lines if b"=" in line)
            if values.get(b"GLAUX_SESSION_ID") == self.session.id.encode():
                ticket = values.get(b"AWS_CONTAINER_AUTHORIZATION_TOKEN")
                if ticket:
                    return ticket.decode()
        return None

    def connect(self) -> Hive:
        return Hive(self.port, self.ticket)


def column(name: str, kind: str) -> Fields:
    return {1: name, 2: kind}


def table_of(database: str, name: str, keys: list[Fields] | None = None, **parameters: str) -> Any:
    return {
        1: name,
        2: database,
        3: "me",
        7: {1: [column("C", "int")], 3: "in", 4: "out", 6: -1, 7: {2: "serde", 3: {"a": "b"}}},
        8: keys or [],
        9: {"k": "v"} | parameters,
        12: "MANAGED_TABLE",
    }


def partition_of(database: str, table: str, *values: str) -> Fields:
    return {1: list(values), 2: database, 3: table, 6: {1: [column("c", "int")]}}
