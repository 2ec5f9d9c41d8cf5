"""IPython's shell without a kernel, arranged as Athena's calculations need it."""

import builtins
import contextlib
import sys
from collections.abc import Coroutine
from typing import Any

from IPython.core.async_helpers import get_asyncio_loop
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.inputtransformer2 import leading_empty_lines
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from glaux_driver import errors, statement
from glaux_driver.interrupt import guarded
from glaux_driver.magics import AthenaMagics, plotly_bundle
from glaux_driver.results import Results
from glaux_driver.spec import Spec


class StdinCompiler(CachingCompiler):  # type: ignore[misc]
    """Every block is the file <stdin>; like Python's own, it has no lines to show."""

    def cache(self, transformed_code: str, number: int = 0, raw_code: str | None = None) -> str:
        return errors.STDIN


class ResultHook(DisplayHook):  # type: ignore[misc]
    """The last expression's value becomes an output of the result, nothing is printed."""

    def quiet(self) -> bool:
        return bool(self.semicolon_at_end_of_expression(self.shell.block_code))

    def write_output_prompt(self) -> None:
        pass

    def write_format_data(self, format_dict: Any, md_dict: Any = None) -> None:
        self.shell.results.add(
            {
                "output_type": "execute_result",
                "data": format_dict,
                "metadata": md_dict or {},
                "execution_count": self.shell.block_number,
            }
        )

    def finish_displayhook(self) -> None:
        pass


class ResultPublisher(DisplayPublisher):  # type: ignore[misc]
    """display(...) and figures become outputs of the result."""

    def publish(
        self,
        data: Any,
        metadata: Any = None,
        source: Any = None,
        *,
        transient: Any = None,
        update: bool = False,
        **_: Any,
    ) -> None:
        output = {"output_type": "display_data", "data": data, "metadata": metadata or {}}
        display_id = (transient or {}).get("display_id")
        if update and display_id:
            self.shell.results.update(output, display_id)
        else:
            self.shell.results.add(output, display_id)

    def clear_output(self, wait: bool = False) -> None:
        self.shell.results.clear(wait)


def _end(code: Any = None) -> None:
    """Ends the block: what `exit` and `quit` do in a session."""
    raise SystemExit(code)


def _no_input(prompt: object = "") -> str:
    raise EOFError("input() is not available: a calculation has no standard input")


def _blank_lines_before_magic(lines: list[str]) -> list[str]:
    """Blank lines count for line numbers; only a cell magic needs to stand first."""
    bare: list[str] = leading_empty_lines(list(lines))
    return bare if bare and bare[0].lstrip().startswith("%%") else lines


def _run_async(coroutine: Coroutine[Any, Any, Any]) -> Any:
    """Top-level await: an interrupt ends the task as well."""
    loop = get_asyncio_loop()
    task = loop.create_task(coroutine)
    try:
        return guarded(loop.run_until_complete, task)
    except BaseException:
        task.cancel()
        with contextlib.suppress(BaseException):
            loop.run_until_complete(task)
        raise


class Shell(InteractiveShell):  # type: ignore[misc]
    """Errors of a block come back from `run_block`; the shell itself prints none of them."""

    compiler_class = StdinCompiler
    displayhook_class = ResultHook
    display_pub_class = ResultPublisher

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.results = Results(0)
        self.block_code = ""
        self.block_number = 0
        super().__init__(*args, **kwargs)
        builtins.input = _no_input
        self.loop_runner = _run_async

    def run_block(self, code: str, results: Results) -> BaseException | None:
        """The exception that ended the block, None when it ran to its end."""
        self.results = results
        self.block_code = code
        self.block_number += 1
        try:
            code.encode()
        except UnicodeEncodeError as unfit:
            return unfit
        outcome = self.run_cell(code, store_history=False)
        error: BaseException | None = outcome.error_before_exec or outcome.error_in_exec
        return error

    async def run_code(self, code_obj: Any, result: Any = None, *, async_: bool = False) -> bool:
        """As IPython's, but SystemExit is an end like others and nothing is printed."""
        try:
            if async_:
                await eval(code_obj, self.user_global_ns, self.user_ns)
            else:
                guarded(exec, code_obj, self.user_global_ns, self.user_ns)
        except BaseException as error:
            if result is not None:
                result.error_in_exec = error
            return True
        return False

    def showtraceback(self, exc_tuple: Any = None, *_: Any, **__: Any) -> None:
        """For errors beside the block's own end, as in a failing __repr__."""
        error = (exc_tuple or sys.exc_info())[1]
        if error is not None and not self._reported(error):
            sys.stderr.write(errors.format_error(error))

    def _reported(self, error: BaseException) -> bool:
        """True for what `run_block` returns, raised while the block was being prepared."""
        frame = sys._getframe(2)
        return frame.f_code in (
            InteractiveShell.run_cell_async.__code__,
            InteractiveShell._run_cell.__code__,
        )

    def showsyntaxerror(self, *_: Any, **__: Any) -> None:
        pass

    def showindentationerror(self) -> None:
        pass

    def ask_exit(self) -> None:
        _end()


def make(spec: Spec, names: dict[str, Any]) -> Shell:
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "NoColor"
    config.InteractiveShell.cache_size = 0
    config.InteractiveShell.xmode = "Plain"
    shell: Shell = Shell.instance(config=config)
    transforms = shell.input_transformer_manager.cleanup_transforms
    transforms[transforms.index(leading_empty_lines)] = _blank_lines_before_magic
    shell.register_magics(AthenaMagics(shell, spec))
    if spec.workgroup == statement.WORKGROUP:
        shell.register_magics(statement.StatementMagics(shell))
    shell.display_formatter.ipython_display_formatter.for_type_by_name(
        "plotly.basedatatypes",
        "BaseFigure",
        lambda figure: shell.display_pub.publish(plotly_bundle(figure)),
    )
    shell.push({**names, "exit": _end, "quit": _end}, interactive=False)
    return shell
