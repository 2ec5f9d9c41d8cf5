"""The program: reads the session's description, starts the engine, serves until the end."""

import contextlib
import os
from typing import TYPE_CHECKING

from glaux_driver import spec as spec_module
from glaux_driver.control import Control
from glaux_driver.engine import Engine, EngineError, PythonEngine
from glaux_driver.jvm import JvmError, jar_names, launch, spark_home
from glaux_driver.link import Link
from glaux_driver.log import log
from glaux_driver.output import Output
from glaux_driver.properties import PropertyError, choose
from glaux_driver.spec import Spec, SpecError

if TYPE_CHECKING:
    from glaux_driver.runner import Session


def _prepare(spec: Spec) -> None:
    """The session's folder, and an environment for user code that points into it."""
    for name in ("", "tmp", "local", "ipython", "matplotlib", "s3a", "staging"):
        os.makedirs(os.path.join(spec.private_dir, name), mode=0o700, exist_ok=True)
    os.chdir(spec.work_dir)
    os.environ["IPYTHONDIR"] = os.path.join(spec.private_dir, "ipython")
    os.environ["MPLCONFIGDIR"] = os.path.join(spec.private_dir, "matplotlib")
    os.environ["TMPDIR"] = os.path.join(spec.private_dir, "tmp")
    os.environ.setdefault("LANG", "C.UTF-8")


def _open(spec: Spec, link: Link, control: Control, output: Output) -> "Session":
    """Starts the JVM first: it loads its classes while Python loads the modules of `runner`."""
    choice = None
    if spec.engine == "spark":
        choice = choose(spec, jar_names(spark_home()), log)
        control.launch = launch(spec, choice)
    from glaux_driver import runner

    engine: Engine = PythonEngine()
    if control.launch is not None and choice is not None:
        engine = runner.connect(control.launch, choice)
    control.engine = engine
    return runner.make(spec, link, control, output, engine)


def main() -> int:
    """The exit code: 0 after `exit` or the shim's end, 1 for a start or link that failed."""
    link = Link.inherited()
    output = Output()
    control = Control(link)
    control.start()
    try:
        spec = spec_module.load()
        _prepare(spec)
        session = _open(spec, link, control, output)
    except (SpecError, PropertyError, JvmError, EngineError, OSError) as error:
        return _fail(link, control, str(error))
    code = session.serve()
    control.force_later(code)
    session.engine.close()
    return code


def _fail(link: Link, control: Control, reason: str) -> int:
    log(f"the session cannot start: {reason}")
    with contextlib.suppress(OSError):
        link.send("failed", reason=reason)
    if control.launch is not None:
        control.launch.process.kill()
        control.launch.process.wait()
    return 1
