"""Exceptions as text: Athena's form has no header line and shows the caller's code as <stdin>."""

import os
import re
import traceback
from types import TracebackType
from typing import NamedTuple

import IPython
from IPython.core.error import UsageError

HEADER = "Traceback (most recent call last):\n"
STDIN = "<stdin>"
REASON_MAX = 2000
_HIDDEN = (
    os.path.dirname(os.path.abspath(__file__)) + os.sep,
    os.path.dirname(os.path.abspath(IPython.__file__)) + os.sep,
)


class _Advice(NamedTuple):
    """What to do about errors whose own words do not say it."""

    fits: re.Pattern[str]
    word: str  # an error that has it says it already
    what: str


_ADVICE = (
    _Advice(  # S3's clients, of a refused HEAD: its answer has no body with words
        re.compile(
            r"AccessDeniedException: s3[an]?://|\(403\) when calling the Head"
            r"|^PermissionError: (Forbidden|Access Denied)",
            re.MULTILINE,
        ),
        "session.buckets",
        "A session reaches the buckets that the settings session.buckets and [role NAME] name.",
    ),
    _Advice(  # Spark, of a table that Hive's catalog has and no input format of Hive's reads
        re.compile(r"java\.lang\.InstantiationException\b.*\bHadoopRDD\.getInputFormat\b", re.S),
        "SparkSessionCatalog",
        "If this is a table of Iceberg: a session reads it with Iceberg's catalog in its properties"
        " (spark.sql.catalog.spark_catalog = org.apache.iceberg.spark.SparkSessionCatalog).",
    ),
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


def _advice(text: str) -> str | None:
    for advice in _ADVICE:
        if advice.word not in text and advice.fits.search(text):
            return advice.what
    return None


def format_error(error: BaseException) -> str:
    """What a failing block writes to its standard error."""
    if isinstance(error, UsageError):
        return f"UsageError: {error}\n"
    try:
        summary = traceback.TracebackException.from_exception(error, compact=True)
        _trim(summary, set())
        text = "".join(part for part in summary.format() if part != HEADER)
        advice = _advice("".join(summary.format_exception_only()))
        return f"{text.rstrip()}\n{advice}\n" if advice else text
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
    advice = _advice(text)
    end = f" {advice}" if advice else ""
    return _one_line(error, lines)[: REASON_MAX - len(end)] + end


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
    if lines[0] == f"{type(error).__module__}.{type(error).__qualname__}:" and len(lines) > 1:
        return f"{lines[0]} {lines[1]}"  # a message that begins with a new line, as a parser's
    return lines[0]
