"""One session: the main thread runs blocks, a second thread listens to the shim."""

import os
import queue
import sys
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from glaux_driver import spec as spec_module
from glaux_driver.engine import Engine, EngineError, PythonEngine
from glaux_driver.jvm import Jvm, JvmError, Launch, jar_names, launch, spark_home
from glaux_driver.link import Link, LinkError
from glaux_driver.log import log
from glaux_driver.output import Output
from glaux_driver.properties import PropertyError, choose
from glaux_driver.spec import Spec, SpecError

if TYPE_CHECKING:
    from glaux_driver.interrupt import Interrupter
    from glaux_driver.results import Results
    from glaux_driver.shell import Shell

PROGRESS_S = 0.25
EXIT_LIMIT_S = 2.5
RESULT_MAX_BYTES = 10 * 1024 * 1024


@dataclass
class Block:
    """A calculation's code with the pipes for its output."""

    id: str
    code: str
    result_max: int
    stdout: int
    stderr: int
    result: int
    started: float = 0.0
    stop_asked: float | None = None
    ended: threading.Event = field(default_factory=threading.Event)


@dataclass(frozen=True)
class End:
    """The last item of work: why the session ends, and the process's exit code."""

    why: str
    code: int


def _block(frame: dict[str, Any], fds: list[int]) -> Block:
    if not isinstance(frame.get("id"), str) or not isinstance(frame.get("code"), str):
        raise LinkError("run without id or code")
    if len(fds) != 3:
        raise LinkError(f"run with {len(fds)} descriptors")
    limit = frame.get("result_max", RESULT_MAX_BYTES)
    if not isinstance(limit, int) or limit < 0:
        raise LinkError("run with a bad result_max")
    return Block(frame["id"], frame["code"], limit, *fds)


class Control:
    """The thread that reads the link. It shares with the main thread the queue and the blocks."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._lock = threading.Lock()
        self._blocks: dict[str, Block] = {}
        self.work: queue.SimpleQueue[Block | End] = queue.SimpleQueue()
        self.engine: Engine | None = None
        self.interrupter: Interrupter | None = None
        self.launch: Launch | None = None

    def start(self) -> None:
        threading.Thread(target=self._listen, name="glaux-link", daemon=True).start()

    def end(self, why: str, code: int) -> None:
        """Any thread: stops the running block and ends the session; forces it after a while."""
        self.work.put(End(why, code))
        self.force_later(code)
        for block in self._running():
            self._stop(block)

    def force_later(self, code: int) -> None:
        """Ends the process when the good order has not done it in time."""
        threading.Thread(target=self._force, args=(code,), daemon=True).start()

    def finish(self, block: Block) -> bool:
        """Main thread: the block has ended; True when a stop came first."""
        with self._lock:
            self._blocks.pop(block.id, None)
            block.ended.set()
            return block.stop_asked is not None

    def _running(self) -> list[Block]:
        with self._lock:
            return list(self._blocks.values())

    def _listen(self) -> None:
        try:
            while (received := self._link.receive()) is not None:
                frame, fds = received
                if frame["t"] == "exit":
                    return self.end("exit", 0)
                self._take(frame, fds)
            self.end("the shim has gone", 0)
        except (LinkError, OSError) as error:
            log(f"the link to the shim is broken: {error}")
            self.end("broken link", 1)

    def _take(self, frame: dict[str, Any], fds: list[int]) -> None:
        if frame["t"] == "run":
            block = _block(frame, fds)
            with self._lock:
                self._blocks[block.id] = block
            self.work.put(block)
            return
        for fd in fds:
            os.close(fd)
        if frame["t"] == "cancel":
            with self._lock:
                found = self._blocks.get(str(frame.get("id")))
            if found is not None:
                self._stop(found)

    def _stop(self, block: Block) -> None:
        with self._lock:
            if block.stop_asked is not None or block.ended.is_set():
                return
            block.stop_asked = time.monotonic()
        if self.engine is not None and self.interrupter is not None:
            for target, argument in (
                (self.interrupter.press, block),
                (self.engine.stop_work, block.ended),
            ):
                threading.Thread(target=target, args=(argument,), daemon=True).start()

    def _force(self, code: int) -> None:
        """Runs beside the good order, in case user code or the JVM do not let it happen."""
        time.sleep(EXIT_LIMIT_S)
        log("ending by force: the session did not end in time")
        pid = self.engine.pid() if self.engine else self.launch and self.launch.process.pid
        if pid:
            os.kill(pid, 9)
        os._exit(code)


class Session:
    """Everything here runs on the main thread, but the progress poller."""

    def __init__(
        self, link: Link, control: Control, output: Output, engine: Engine, shell: "Shell"
    ) -> None:
        self._link = link
        self._control = control
        self._output = output
        self._engine = engine
        self._shell = shell
        self._pid = os.getpid()

    def serve(self) -> int:
        while True:
            item = self._control.work.get()
            if isinstance(item, End):
                log(f"ending: {item.why}")
                return item.code
            self._run(item)
            lost = self._engine.ended()
            if lost:
                log(lost)
                return 3
            self._rest()

    def _rest(self) -> None:
        try:
            self._engine.rest()
        except Exception as error:
            log(f"after a block: {type(error).__name__}: {error}")

    def _run(self, block: Block) -> None:
        from glaux_driver.results import TYPE, Results

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

    def _execute(self, block: Block, results: "Results") -> BaseException | None:
        interrupter = self._control.interrupter
        assert interrupter is not None
        block.started = time.clock_gettime(time.CLOCK_BOOTTIME)
        interrupter.watch(block)
        try:
            if self._engine.ensure():
                self._shell.push(self._engine.names(), interactive=False)
            self._engine.begin(block.id)
            if block.stop_asked is not None:
                return KeyboardInterrupt()
            return self._shell.run_block(block.code, results)
        except BaseException as error:
            return error
        finally:
            interrupter.watch(None)

    def _verdict(
        self, error: BaseException | None, stopped: bool, results: "Results"
    ) -> tuple[str, str | None]:
        """Writes what standard error shall say, and finds state and reason."""
        from glaux_driver import errors

        if stopped:
            if error is not None:
                self._output.error(errors.interrupted(error.__traceback__))
            return "CANCELED", None
        if error is None or (isinstance(error, SystemExit) and error.code in (None, 0)):
            return "COMPLETED", None
        text = errors.format_error(error)
        self._output.error(text)
        reason = self._engine.ended() or errors.reason(error)
        results.add(
            {
                "output_type": "error",
                "ename": type(error).__name__,
                "evalue": reason.partition(": ")[2],
                "traceback": text.splitlines(),
            }
        )
        return "FAILED", reason

    def _write_result(self, block: Block, results: "Results") -> None:
        try:
            with open(block.result, "wb") as file:
                file.write(results.document())
        except OSError as error:
            log(f"writing the result of {block.id}: {error}")

    def _settle(self, block: Block) -> None:
        from glaux_driver.interrupt import signal_children

        signal_children(block.started, 15, self._engine.pid())
        try:
            self._engine.settle()
        except Exception as error:
            log(f"after stopping {block.id}: {type(error).__name__}: {error}")

    def _watch(self, block: Block) -> None:
        """Reports progress when it changes, until the block has ended."""
        last = None
        while not block.ended.wait(PROGRESS_S):
            text = self._engine.progress()
            if text is not None and text != last:
                last = text
                try:
                    self._link.send("progress", id=block.id, text=text)
                except OSError:
                    return

    def _leave_fork(self, error: BaseException | None) -> None:
        """A child made by os.fork that ran to the end of the block must not speak for the session."""
        from glaux_driver import errors

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


def _prepare(spec: Spec) -> None:
    """The session's folder, and an environment for user code that points into it."""
    for name in ("", "tmp", "local", "ipython", "matplotlib"):
        os.makedirs(os.path.join(spec.private_dir, name), mode=0o700, exist_ok=True)
    os.chdir(spec.work_dir)
    os.environ["IPYTHONDIR"] = os.path.join(spec.private_dir, "ipython")
    os.environ["MPLCONFIGDIR"] = os.path.join(spec.private_dir, "matplotlib")
    os.environ["TMPDIR"] = os.path.join(spec.private_dir, "tmp")
    os.environ.setdefault("LANG", "C.UTF-8")


def _engine(spec: Spec, control: Control) -> Engine:
    """Starts the JVM first: it loads its classes while Python loads its modules."""
    if spec.engine == "python":
        return PythonEngine()
    choice = choose(spec, jar_names(spark_home()), log)
    control.launch = launch(spec, choice)
    from glaux_driver import shell as _shell  # noqa: F401
    from glaux_driver.spark import SparkEngine

    jvm: Jvm = control.launch.wait()
    return SparkEngine(jvm, choice)


def _open(
    spec: Spec, link: Link, control: Control, output: Output, engine: Engine
) -> Session:
    from glaux_driver import interrupt, loggers, shell

    control.interrupter = interrupt.Interrupter(engine.in_call, engine.pid)
    os.environ["MPLBACKEND"] = "module://matplotlib_inline.backend_inline"
    sys.path.append(spec.work_dir)
    sys.argv = [""]
    made = shell.make(spec, {**loggers.make(), **engine.names()})
    return Session(link, control, output, engine, made)


def main() -> int:
    link = Link.inherited()
    output = Output()
    control = Control(link)
    control.start()
    try:
        spec = spec_module.load()
        _prepare(spec)
        engine = control.engine = _engine(spec, control)
        session = _open(spec, link, control, output, engine)
        link.send("ready", **engine.info())
    except (SpecError, PropertyError, JvmError, EngineError, OSError) as error:
        return _fail(link, control, str(error))
    code = session.serve()
    control.force_later(code)
    engine.close()
    return code


def _fail(link: Link, control: Control, reason: str) -> int:
    log(f"the session cannot start: {reason}")
    try:
        link.send("failed", reason=reason)
    except OSError:
        pass
    if control.launch is not None:
        control.launch.process.kill()
    return 1
