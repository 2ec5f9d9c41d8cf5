"""A PostgreSQL of the test's own, from Debian's packages, on a Unix socket in a folder."""

from __future__ import annotations

import os
import pwd
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

USER = "postgres"


def programs() -> Path | None:
    """The folder of the newest server that is installed."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def lacking() -> str:
    """Why no server can be started here; empty if one can."""
    if programs() is None:
        return "Debian's package postgresql is not installed"
    if os.geteuid() == 0 and USER not in (entry.pw_name for entry in pwd.getpwall()):
        return f"root may not run PostgreSQL, and there is no user {USER}"
    return ""


class Postgres:
    """Made by initdb in `folder`, which must be short: a socket lies in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.data = folder / "data"
        self.user = pwd.getpwnam(USER) if os.geteuid() == 0 else pwd.getpwuid(os.geteuid())
        os.chown(folder, self.user.pw_uid, self.user.pw_gid)
        self._run("initdb", "-D", str(self.data), "-A", "trust", "-U", "glaux", "--no-sync")

    @property
    def url(self) -> str:
        return f"postgresql://glaux@/postgres?host={self.folder}"

    def _run(self, program: str, *arguments: str) -> str:
        found = programs()
        assert found
        return subprocess.run(
            [str(found / program), *arguments],
            cwd=self.folder,
            user=self.user.pw_uid if os.geteuid() == 0 else None,
            group=self.user.pw_gid if os.geteuid() == 0 else None,
            extra_groups=[] if os.geteuid() == 0 else None,
            env={"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8"},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=True,
            timeout=120,
        ).stdout

    def start(self) -> None:
        options = f"-c listen_addresses= -c unix_socket_directories={self.folder} -c fsync=off"
        log = str(self.folder / "log")
        self._run("pg_ctl", "-D", str(self.data), "-w", "-l", log, "-o", options, "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.data), "-m", "immediate", "-w", "stop")

    @contextmanager
    def holding(self, text: str) -> Iterator[None]:
        """A session that has run the statements and then lasts as long as the block."""
        found = programs()
        assert found
        command = [str(found / "psql"), "-X", "-q", "-A", "-t", "-d", self.url]
        pipe = subprocess.PIPE
        with subprocess.Popen(command, stdin=pipe, stdout=pipe, text=True) as psql:
            assert psql.stdin
            assert psql.stdout
            psql.stdin.write(f"{text};\nSELECT 'held';\n")
            psql.stdin.flush()
            while psql.stdout.readline() != "held\n":
                assert psql.poll() is None
            yield
            psql.stdin.close()

    def sql(self, text: str) -> str:
        return self._run("psql", "-X", "-A", "-t", "-d", self.url, "-c", text).strip()
