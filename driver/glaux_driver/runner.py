"""Runs blocks, one after the other, on the main thread."""

import contextlib
import os
import signal
import sys
import threading
import time

from glaux_driver import errors, loggers, shell
from glaux_driver.control import Block, Control, End
from glaux_driver.engine import Engine
from glaux_driver.interrupt import Interrupter, signal_children
from glaux_driver.jvm import Launch
from glaux_driver.link import Link
from glaux_driver.log import log
from glaux_driver.output import Output
from glaux_driver.properties import Choice
from glaux_driver.results import TYPE, Results
from glaux_driver.spark import SparkEngine
from glaux_driver.spec import Spec

PROGRESS_S = 0.25
HELPER_PATIENCE_S = 3.0
JVM_LOST = 3


def connect(launch: Launch, choice: Choice) -> Engine:
    """Waits for the JVM and makes the session's Spark. Raises JvmError, EngineError."""
    return SparkEngine(launch.wait(), choice)


class Session:
    """Everything here runs on the main thread, but the progress poller."""

    def __init__(
        self, link: Link, control: Control, output: Output, engine: Engine, shell: shell.Shell
    ) -> None:
        self._link = link
        self._control = control
        self._output = output
        self.engine = engine
        self._shell = shell
        self._pid = os.getpid()

    def serve(self) -> int:
        """Until the session ends; the process's exit code."""
        with contextlib.suppress(OSError):  # the shim has gone: the link's end is in the queue
            self._link.send("ready", **self.engine.info())
        while True:
            item = self._control.work.get()
            if isinstance(item, End):
                log(f"ending: {item.why}")
                return item.code
            self._run(item)
            lost = self.engine.ended()
            if lost:
                log(lost)
                with contextlib.suppress(OSError):
                    self._link.send("failed", reason=f"{lost}.")
                return JVM_LOST
            self._rest()

    def _rest(self) -> None:
        try:
            self.engine.rest()
        except Exception as error:
            log(f"after a block: {type(error).__name__}: {error}")

    def _run(self, block: Block) -> None:
        results = Results(block.result_max)
        self._link.send("started", id=block.id)
        self._output.attach(block.stdout, block.stderr)
        threading.Thread(target=self._watch, args=(block,), daemon=True).start()
        error = self._execute(block, results)
        if os.getpid() != self._pid:
            self._leave_fork(error)
        stopped = self._control.finish(block)
        state, reason = self._verdict(error, stopped, results)
        self._output.detach()
        self._write_result(block, results)
        if stopped:
            self._settle(block)
        self._link.send("done", id=block.id, state=state, reason=reason, result_type=TYPE)

    def _execute(self, block: Block, results: Results) -> BaseException | None:
        interrupter = self._control.interrupter
        assert interrupter is not None
        block.started = time.clock_gettime(time.CLOCK_BOOTTIME)
        interrupter.watch(block)
        try:
            if self.engine.ensure():
                self._shell.push(self.engine.names(), interactive=False)
            self.engine.begin(block.id)
            if block.stop_asked is not None:
                return KeyboardInterrupt()
            return self._shell.run_block(block.code, results)
        except BaseException as error:
            return error
        finally:
            interrupter.watch(None)

    def _verdict(
        self, error: BaseException | None, stopped: bool, results: Results
    ) -> tuple[str, str | None]:
        """Writes what standard error shall say, and finds state and reason."""
        if stopped:
            if error is not None:
                self._output.error(errors.interrupted(error.__traceback__))
            return "CANCELED", None
        if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
            return "COMPLETED", None
        text = errors.format_error(error)
        self._output.error(text)
        reason = self.engine.ended() or errors.reason(error)
        results.add(
            {
                "output_type": "error",
                "ename": type(error).__name__,
                "evalue": reason.partition(": ")[2],
                "traceback": text.splitlines(),
            }
        )
        return "FAILED", reason

    def _write_result(self, block: Block, results: Results) -> None:
        try:
            with open(block.result, "wb") as file:
                file.write(results.document())
        except OSError as error:
            log(f"writing the result of {block.id}: {error}")

    def _settle(self, block: Block) -> None:
        for helper in block.helpers:
            helper.join(HELPER_PATIENCE_S)
        signal_children(block.started, signal.SIGTERM, self.engine.pid())
        try:
            self.engine.settle()
        except Exception as error:
            log(f"after stopping {block.id}: {type(error).__name__}: {error}")

    def _watch(self, block: Block) -> None:
        """Reports progress when it changes, until the block has ended."""
        last = None
        while not block.ended.wait(PROGRESS_S):
            text = self.engine.progress()
            if text is None or text == last:
                continue
            last = text
            with block.speaking, contextlib.suppress(OSError):
                if not block.ended.is_set():  # nothing follows `done`
                    self._link.send("progress", id=block.id, text=text)

    def _leave_fork(self, error: BaseException | None) -> None:
        """A child made by os.fork that came to the block's end must not speak for the session."""
        code = 0
        if isinstance(error, SystemExit):
            code = error.code if isinstance(error.code, int) else int(error.code is not None)
        elif error is not None:
            self._output.error(errors.format_error(error))
            code = 1
        try:
            self._output.detach()
        finally:
            os._exit(code & 255)


def make(spec: Spec, link: Link, control: Control, output: Output, engine: Engine) -> Session:
    """The session, ready for its first block."""
    control.interrupter = Interrupter(engine.in_call, engine.pid)
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    sys.path.append(spec.work_dir)
    sys.argv = [""]
    made = shell.make(spec, {**loggers.make(), **engine.names()})
    return Session(link, control, output, engine, made)
