"""Exceptions as text: Athena's form has no header line and shows the caller's code as <stdin>."""

import os
import traceback
from types import TracebackType

import IPython
from IPython.core.error import UsageError

HEADER = "Traceback (most recent call last):\n"
STDIN = "<stdin>"
REASON_MAX = 2000
_HIDDEN = (
    os.path.dirname(os.path.abspath(__file__)) + os.sep,
    os.path.dirname(os.path.abspath(IPython.__file__)) + os.sep,
)


def _visible(frame: traceback.FrameSummary) -> bool:
    return not frame.filename.startswith(_HIDDEN)


def _trim(summary: traceback.TracebackException, seen: set[int]) -> None:
    """Takes the frames of IPython and of the driver out of an exception and all it stems from."""
    if id(summary) in seen:
        return
    seen.add(id(summary))
    summary.stack = traceback.StackSummary.from_list([f for f in summary.stack if _visible(f)])
    related = [
        summary.__cause__,
        summary.__context__,
        *(getattr(summary, "exceptions", None) or []),
    ]
    for other in related:
        if other is not None:
            _trim(other, seen)


def format_error(error: BaseException) -> str:
    """What a failing block writes to its standard error."""
    if isinstance(error, UsageError):
        return f"UsageError: {error}\n"
    try:
        summary = traceback.TracebackException.from_exception(error, compact=True)
        _trim(summary, set())
        return "".join(part for part in summary.format() if part != HEADER)
    except Exception as failure:
        return f"{type(error).__name__}: (no text: {type(failure).__name__})\n"


def interrupted(traceback_: TracebackType | None) -> str:
    """What a stopped block writes: where the code was, without the way there through libraries."""
    frames = [f for f in traceback.extract_tb(traceback_) if f.filename == STDIN]
    return "".join(traceback.format_list(frames)) + "KeyboardInterrupt\n"


def reason(error: BaseException) -> str:
    """One line for StateChangeReason: the error's last line, as far as its kind has one."""
    if isinstance(error, UsageError):
        return f"UsageError: {error}"[:REASON_MAX]
    try:
        text = "".join(traceback.format_exception_only(type(error), error))
    except Exception:
        return type(error).__name__
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return _one_line(error, lines)[:REASON_MAX]


def _one_line(error: BaseException, lines: list[str]) -> str:
    if not lines:
        return type(error).__name__
    if isinstance(error, SyntaxError):
        return lines[-1]
    name = type(error).__name__
    if name == "Py4JJavaError" and len(lines) > 1:
        return f"{lines[0].rstrip('.')}{lines[1]}" if lines[1].startswith(":") else lines[0]
    if name == "PythonException":
        worker = [i for i, line in enumerate(lines) if line.startswith("Traceback (most recent")]
        rest = lines[worker[-1] + 1 :] if worker else []
        said = [line for line in rest if not line.startswith(("File ", "at ", "^"))]
        return f"{lines[0].rstrip(':')}: {said[-1]}" if said else lines[0]
    return lines[0]
