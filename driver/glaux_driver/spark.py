"""Spark in local mode behind py4j: start, renewal, stop."""

import os
import platform
import signal
import threading
import time
from collections.abc import Callable
from typing import Any

from py4j import clientserver
from py4j.protocol import Py4JNetworkError
from pyspark import SparkContext, java_gateway
from pyspark.sql import SparkSession

from glaux_driver import catalog, errors, jobs
from glaux_driver.engine import EngineError
from glaux_driver.jvm import Jvm
from glaux_driver.log import log
from glaux_driver.properties import Choice

CLOSE_PATIENCE_S = 1.5
LAST_BREATH_S = 2.0
SETTLE_S = 3.0
SETTLE_POLL_S = 0.02
CALL_PATIENCE_S = 0.4


class Calls:
    """Watches py4j: whether the main thread waits in a call, and whether there was any call.

    py4j loses its place when a call is interrupted: such a connection is closed here, so that it
    cannot be used again.
    """

    def __init__(self) -> None:
        self.made = 0
        self.waiting = False
        self.broken = False
        self.before_first: Callable[[], None] | None = None
        self._main = threading.get_ident()
        self._original = clientserver.ClientServerConnection.send_command
        calls = self

        def send_command(self: Any, command: str) -> Any:
            return calls.send(self, command)

        clientserver.ClientServerConnection.send_command = send_command

    def send(self, connection: Any, command: str) -> Any:
        main = threading.get_ident() == self._main
        if main and self.before_first is not None:
            first, self.before_first = self.before_first, None
            first()
        self.made += 1
        try:
            self.waiting |= main
            return self._original(connection, command)
        except Py4JNetworkError:
            self.broken = True
            raise
        except Exception:
            raise
        except BaseException:
            connection.close(reset=True)
            raise
        finally:
            if main:
                self.waiting = False


def _connect(jvm: Jvm) -> Any:
    """The secret stays out of the environment that user code and its children see."""
    os.environ["PYSPARK_GATEWAY_PORT"] = str(jvm.port)
    os.environ["PYSPARK_GATEWAY_SECRET"] = jvm.secret
    try:
        return java_gateway.launch_gateway()
    finally:
        del os.environ["PYSPARK_GATEWAY_PORT"], os.environ["PYSPARK_GATEWAY_SECRET"]


class SparkEngine:
    """Made and used by the main thread, except where a method says otherwise."""

    def __init__(self, jvm: Jvm, choice: Choice) -> None:
        self._jvm = jvm
        self._choice = choice
        self._retire = False
        self._stopped = False
        self._calls = Calls()
        self._calls_at_begin = -1
        self._gateway = _connect(jvm)
        catalog.name_user(self._gateway)
        SparkContext._ensure_initialized(gateway=self._gateway)
        self._spark = self._build()
        self._thread = self._current_thread()
        self._jobs = jobs.Jobs(self._gateway, self._context)

    def _build(self) -> SparkSession:
        """A session on the active context, or on a new one."""
        handler = signal.getsignal(signal.SIGINT)
        try:
            spark: SparkSession = SparkSession.builder.getOrCreate()
            if self._choice.user_sql:
                spark._jsparkSession.sessionState().conf()  # refuses bad spark.sql values now
            for name in self._choice.py_files:
                spark.sparkContext.addPyFile(name)
            return spark
        except Exception as error:
            text = refusal(error, self._choice.properties)
            raise EngineError(f"Spark refused to start: {text}") from None
        finally:
            signal.signal(signal.SIGINT, handler)

    def _context(self) -> Any:
        """The JVM's SparkContext, None when there is none. Any thread."""
        context = SparkContext._active_spark_context
        jsc = None if context is None else context._jsc
        return None if jsc is None else jsc.sc()

    def _current_thread(self) -> Any:
        """The JVM's thread that serves this thread's calls."""
        return self._gateway.jvm.java.lang.Thread.currentThread()

    def info(self) -> dict[str, str]:
        return {
            "spark_version": str(self._spark.version),
            "app_id": str(self._spark.sparkContext.applicationId),
            "python_version": platform.python_version(),
        }

    def names(self) -> dict[str, Any]:
        return {"spark": self._spark, "sc": self._spark.sparkContext}

    def ensure(self) -> bool:
        """spark.stop() in a block ends the context; the next block gets a new one."""
        context = SparkContext._active_spark_context
        if self._stopped and context is not None:
            context.stop()
            context = None
        if context is self._spark.sparkContext and not self._stopped:
            return False
        if context is None:
            log("Spark was stopped by a calculation: starting it anew")
            SparkSession._instantiatedSession = None
        self._spark = self._build()
        self._stopped = False
        self._jobs.rest()
        return True

    def begin(self, block_id: str) -> None:
        """Costs no call into the JVM as long as the block makes none."""
        jsc = self._spark.sparkContext._jsc
        self._calls_at_begin = self._calls.made
        self._calls.before_first = lambda: jsc.setJobGroup(
            block_id, f"calculation {block_id}", True
        )

    def rest(self) -> None:
        self._calls.before_first = None
        if self._calls.made == self._calls_at_begin:
            return
        context = self._context()
        self._stopped = context is None or bool(context.isStopped())
        if not self._stopped:
            self._jobs.rest()

    def in_call(self) -> bool:
        return self._calls.waiting

    def stop_work(self, ended: threading.Event) -> None:
        """Another thread. Cancels again and again: a block may go on to start the next job."""
        begun = time.monotonic()
        while not ended.is_set():
            try:
                self._jobs.cancel()
                if self.in_call() and time.monotonic() - begun > CALL_PATIENCE_S:
                    self._retire = True
                    self._thread.interrupt()
            except Exception as error:
                log(f"cancelling Spark's work: {errors.reason(error)}")
            ended.wait(jobs.CANCEL_INTERVAL_S)

    def settle(self) -> None:
        """Waits until what the block began in the JVM has ended: its calls and its jobs."""
        old = self._leave_connection()
        deadline = time.monotonic() + SETTLE_S
        while self._jobs.cancel() > 0 or (old is not None and old.isAlive()):
            if time.monotonic() > deadline:
                log("a call or job in the JVM goes on after its calculation was stopped")
                return
            if old is not None:
                old.interrupt()
            time.sleep(SETTLE_POLL_S)

    def _leave_connection(self) -> Any:
        """Gives up a connection whose call was interrupted; the JVM's thread behind it, or None."""
        client = self._gateway._gateway_client
        connection = client.get_thread_connection()
        if connection is not None and connection.socket is not None and not self._retire:
            return None
        if connection is not None:
            connection.close()
            if connection in client.deque:
                client.deque.remove(connection)
        client.thread_connection.__dict__.pop("connection", None)
        self._retire = False
        old, self._thread = self._thread, self._current_thread()
        return old

    def progress(self) -> str | None:
        """Another thread. A context that is being stopped fails in many ways, none of interest."""
        try:
            return self._jobs.progress()
        except Exception:
            return None

    def pid(self) -> int | None:
        return self._jvm.process.pid

    def ended(self) -> str | None:
        code = self._jvm.poll(LAST_BREATH_S if self._calls.broken else 0)
        self._calls.broken = False
        if code is None:
            return None
        how = f"by signal {-code}" if code < 0 else f"with code {code}"
        return f"the session's Spark JVM ended unexpectedly, {how}"

    def close(self, patience_s: float = CLOSE_PATIENCE_S) -> None:
        context = SparkContext._active_spark_context
        server = None if context is None else context._accumulatorServer
        if server is not None:
            server.handle_error = lambda *_: None  # it reports the JVM's end as an error
        self._jvm.close(patience_s)


def refusal(error: BaseException, properties: dict[str, str]) -> str:
    """The JVM's own words inside py4j's wrapping, and the property that they seem to be about."""
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    start = next((i for i, line in enumerate(lines) if line.startswith(": ")), 0)
    end = next((i for i in range(start, len(lines)) if lines[i].startswith("at ")), len(lines))
    causes = [line for line in lines[end:] if line.startswith("Caused by: ")]
    text = " ".join(lines[start:end] + causes[-1:]).lstrip(": ") or type(error).__name__
    about = [key for key, value in properties.items() if len(value) > 2 and value in text]
    if about and not any(key in text for key in properties):
        text = f"{text} (property {about[0]})"
    return text
