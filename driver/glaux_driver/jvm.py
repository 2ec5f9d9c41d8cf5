"""Starts the JVM with Spark's gateway itself: no shell between, no waiting in steps of 0.1 s."""

import contextlib
import os
import pwd
import shutil
import signal
import stat
import struct
import subprocess
import sys
import time
from collections.abc import Iterable
from dataclasses import dataclass

from glaux_driver.properties import FORMATS, Choice
from glaux_driver.spec import Spec

GATEWAY = "org.apache.spark.api.python.PythonGatewayServer"
SUBMIT = "org.glaux.spark.Submit"
START_DEADLINE_S = 120.0
SUBMIT_DEADLINE_S = 600.0
POLL_S = 0.004

# What Spark 3.5 needs on Java 17 (its launcher adds the same).
MODULE_OPTIONS = ["-XX:+IgnoreUnrecognizedVMOptions"] + [
    f"--add-opens=java.base/{package}=ALL-UNNAMED"
    for package in (
        "java.lang",
        "java.lang.invoke",
        "java.lang.reflect",
        "java.io",
        "java.net",
        "java.nio",
        "java.util",
        "java.util.concurrent",
        "java.util.concurrent.atomic",
        "jdk.internal.ref",
        "sun.nio.ch",
        "sun.nio.cs",
        "sun.security.action",
        "sun.util.calendar",
    )
]


class JvmError(Exception):
    """The JVM did not start; the text says what to do."""


@dataclass
class Jvm:
    """A running gateway. It ends when its standard input does, so it cannot outlive the driver."""

    process: subprocess.Popen[bytes]
    port: int
    secret: str

    def poll(self, patience_s: float) -> int | None:
        """The exit code, None while it runs; waits for its end when there is patience."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            return self.process.wait(patience_s)
        return None

    def close(self, patience_s: float) -> None:
        """Ends the JVM, whose shutdown hooks stop Spark; kills it when that takes too long."""
        if self.process.stdin is not None:
            with contextlib.suppress(OSError):
                self.process.stdin.close()
        try:
            self.process.wait(patience_s)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def spark_home() -> str:
    """The installed pyspark, found without importing it."""
    for folder in sys.path:
        candidate = os.path.join(folder, "pyspark")
        if os.path.isdir(os.path.join(candidate, "jars")):
            return os.path.realpath(candidate)
    raise JvmError(f"pyspark is not installed for {sys.executable}: set the engine up again")


def _share(*names: str) -> str:
    return os.path.join(os.path.realpath(sys.prefix), "share", "glaux", *names)


def jars(home: str, formats: Iterable[str]) -> list[str]:
    """Spark's own, the engine's further ones, and those of table formats: what two have is the
    first one's. Formats stand last: the class archive is good for a path that begins with its own.
    """
    folders = [os.path.join(home, "jars"), _share("jars")]
    folders += [_share("formats", name) for name in formats]
    return [
        os.path.join(folder, name)
        for folder in folders
        if os.path.isdir(folder)
        for name in sorted(os.listdir(folder))
    ]


def jar_names(home: str) -> list[str]:
    """All that a session can have."""
    return [os.path.basename(path) for path in jars(home, FORMATS)]


def archive_path() -> str:
    """The engine's class archive, which `prepare` makes."""
    return _share("spark.jsa")


def java(spec: Spec) -> str:
    found = os.path.join(spec.java_home, "bin", "java") if spec.java_home else shutil.which("java")
    if not found or not os.access(found, os.X_OK):
        where = spec.java_home or "PATH"
        raise JvmError(f"no Java found in {where}: install Java 17 or set the engine's java_home")
    return found


def _quoted(argument: str) -> str:
    """One argument in the form of java's argument files."""
    for plain, escaped in (("\\", "\\\\"), ('"', '\\"'), ("\n", "\\n"), ("\r", "\\r")):
        argument = argument.replace(plain, escaped)
    return f'"{argument}"'


def _private_file(path: str, text: str) -> None:
    fd = os.open(
        path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, stat.S_IRUSR | stat.S_IWUSR
    )
    with open(fd, "w", encoding="utf-8") as file:
        file.write(text)


def class_path(home: str, extra: str, formats: Iterable[str]) -> str:
    return os.pathsep.join(([extra] if extra else []) + jars(home, formats))


def _user_home(spec: Spec) -> list[str]:
    """Java asks the user database for it, which does not know the users of isolated sessions."""
    try:
        pwd.getpwuid(os.getuid())
    except KeyError:
        return [f"-Duser.home={spec.work_dir}"]
    return []


def options(spec: Spec, choice: Choice, home: str) -> list[str]:
    """Everything but the main class. Properties may hold secrets: they go into a file, not here."""
    private = spec.private_dir
    archive = spec.class_archive or archive_path()
    own = [
        f"-Xmx{spec.driver_memory}",
        f"-Djava.io.tmpdir={os.path.join(private, 'tmp')}",
        f"-Dderby.system.home={spec.work_dir}",
        "-Djava.net.preferIPv6Addresses=false",
        "-Dfile.encoding=UTF-8",
        "-Djdk.reflect.useDirectMethodHandle=false",
        "-Dio.netty.tryReflectionSetAccessible=true",  # Arrow's buffers
        "-Daws.java.v1.disableDeprecationAnnouncement=true",  # S3A's, with a stack, in each log
        *_user_home(spec),
    ]
    if os.path.exists(archive) and not choice.submit:
        own += [f"-XX:SharedArchiveFile={archive}", "-Xlog:cds=off", "-Xlog:cds+dynamic=off"]
    properties = [f"-D{key}={value}" for key, value in choice.properties.items()]
    return [
        *MODULE_OPTIONS,
        *own,
        *choice.java_options.split(),
        *properties,
        "-cp",
        class_path(home, choice.class_path, choice.formats),
    ]


def _main(choice: Choice) -> list[str]:
    """The main class and its arguments. Spark's submit program knows what it is told there only."""
    if not choice.submit:
        return [GATEWAY]
    told = [("--conf", f"{key}={value}") for key, value in choice.properties.items()]
    return [SUBMIT, *(word for pair in told for word in pair), "pyspark-shell"]


def environment(spec: Spec, home: str, info: str) -> dict[str, str]:
    return {
        **os.environ,
        "_PYSPARK_DRIVER_CONN_INFO_PATH": info,
        "PYSPARK_PIN_THREAD": "true",
        "PYSPARK_PYTHON": sys.executable,
        "PYSPARK_DRIVER_PYTHON": sys.executable,
        "SPARK_HOME": home,
        "SPARK_LOCAL_DIRS": os.path.join(spec.private_dir, "local"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "MALLOC_ARENA_MAX": "2",  # glibc keeps an arena for each of many threads otherwise
    }


def launch(spec: Spec, choice: Choice) -> "Launch":
    """Returns at once; the JVM loads its classes while the caller imports its own."""
    home = spark_home()
    program = java(spec)
    arguments = os.path.join(spec.private_dir, "java.args")
    info = os.path.join(spec.private_dir, "gateway")
    lines = [_quoted(argument) for argument in options(spec, choice, home) + _main(choice)]
    _private_file(arguments, "\n".join(lines) + "\n")
    handler = signal.signal(signal.SIGINT, signal.SIG_IGN)  # what the JVM inherits
    try:
        process = subprocess.Popen(
            [program, "@" + arguments],
            stdin=subprocess.PIPE,
            env=environment(spec, home, info),
        )
    except OSError as error:
        raise JvmError(f"Java could not be started: {error}") from None
    finally:
        signal.signal(signal.SIGINT, handler)
    limit = SUBMIT_DEADLINE_S if choice.submit else START_DEADLINE_S
    return Launch(process, info, arguments, time.monotonic() + limit)


@dataclass
class Launch:
    """A JVM on its way up."""

    process: subprocess.Popen[bytes]
    info: str
    arguments: str
    deadline: float

    def wait(self) -> Jvm:
        """Waits for the gateway's port and secret."""
        try:
            while not os.path.exists(self.info):
                self._check()
                time.sleep(POLL_S)
            with open(self.info, "rb") as file:
                port, length = struct.unpack(">ii", file.read(8))
                secret = file.read(length).decode("ascii")
            return Jvm(self.process, port, secret)
        finally:
            for path in (self.info, self.arguments):
                if os.path.exists(path):
                    os.unlink(path)

    def _check(self) -> None:
        code = self.process.poll()
        if code is not None:
            raise JvmError(
                f"Spark's JVM ended with code {code} while starting: see the session's log"
            )
        if time.monotonic() > self.deadline:
            self.process.kill()
            raise JvmError("Spark's JVM did not answer in time: see the session's log")
