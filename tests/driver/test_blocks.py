"""Blocks in a session of plain Python: output, results, errors, what user code may do."""

import os
import struct
import subprocess
import sys
import textwrap

import pytest
from driver_harness import PYTHON, Driver


def failing(driver: Driver, code: str) -> str:
    outcome = driver.run(textwrap.dedent(code))
    assert outcome.state == "FAILED"
    assert outcome.reason is not None
    text: str = outcome.stderr
    return text


def test_names_live_on(driver: Driver) -> None:
    assert driver.run("answer = 42").state == "COMPLETED"
    outcome = driver.run("print(answer)")
    assert (outcome.state, outcome.stdout, outcome.reason) == ("COMPLETED", "42\n", None)
    assert outcome.result_type == "application/vnd.aws.athena.v1+json"


def test_the_last_value_is_a_result_and_not_printed(driver: Driver) -> None:
    outcome = driver.run("print('x')\n'Success: s.py1'")
    assert outcome.stdout == "x\n"
    (output,) = outcome.outputs
    assert output["output_type"] == "execute_result"
    assert output["data"] == {"text/plain": "'Success: s.py1'"}


@pytest.mark.parametrize("code", ["1;", "x = 1", "None", "", "\n\n"])
def test_no_result(driver: Driver, code: str) -> None:
    outcome = driver.run(code)
    assert (outcome.state, outcome.outputs) == ("COMPLETED", [])


def test_a_traceback_has_the_form_of_athena(driver: Driver) -> None:
    outcome = driver.run("\nfoobar\n")
    expected = "File \"<stdin>\", line 2, in <module>\nNameError: name 'foobar' is not defined"
    assert outcome.stderr.strip() == expected
    assert outcome.reason == "NameError: name 'foobar' is not defined"
    assert outcome.stdout == ""
    (output,) = outcome.outputs
    assert (output["output_type"], output["ename"]) == ("error", "NameError")


def test_nested_functions(driver: Driver) -> None:
    driver.run("def inner():\n    return 1 / 0")
    text = failing(driver, "\n\ndef outer():\n    inner()\nouter()")
    assert text == (
        '  File "<stdin>", line 5, in <module>\n'
        '  File "<stdin>", line 4, in outer\n'
        '  File "<stdin>", line 2, in inner\n'
        "ZeroDivisionError: division by zero\n"
    )


def test_library_frames_are_shown(driver: Driver) -> None:
    text = failing(driver, "import json\njson.loads('{')")
    assert 'json/decoder.py", line' in text
    assert "IPython" not in text
    assert "glaux_driver" not in text


def test_chained_errors(driver: Driver) -> None:
    text = failing(driver, "try:\n    1/0\nexcept ZeroDivisionError:\n    nope")
    assert "During handling of the above exception, another exception occurred:" in text
    assert "Traceback" not in text
    assert text.endswith("NameError: name 'nope' is not defined\n")


@pytest.mark.parametrize(
    ("code", "last"),
    [
        ("x = = 1", "SyntaxError: invalid syntax"),
        ("if True:\npass", "IndentationError: expected an indented block"),
        ("'\ud800'", "UnicodeEncodeError"),
        ("%nosuchmagic", "UsageError: Line magic function `%nosuchmagic` not found."),
        ("raise ExceptionGroup('g', [ValueError(1)])", "+-----"),
    ],
)
def test_other_errors(driver: Driver, code: str, last: str) -> None:
    text = failing(driver, code)
    assert last in text.splitlines()[-1]
    assert "\x1b" not in text


def test_descriptors_are_captured(driver: Driver) -> None:
    outcome = driver.run(
        "import os, subprocess, sys, ctypes\n"
        "print('one', flush=False)\n"
        "os.write(1, b'two\\n')\n"
        "subprocess.run(['sh', '-c', 'echo three; echo four >&2'])\n"
        "ctypes.CDLL(None).puts(b'five')\n"
        "print('partial', end='')\n"
        "print('six', file=sys.stderr)\n"
        "!echo seven\n"
    )
    assert sorted(outcome.stdout.replace("\r", "").split("\n")) == sorted(
        ["one", "two", "three", "five", "partialseven", ""]
    )
    assert outcome.stderr == "four\nsix\n"


def test_text_is_utf8(driver: Driver) -> None:
    outcome = driver.run("print('zażółć \U0001f989', '\\ud800')")
    assert outcome.stdout == "zażółć \U0001f989 \\ud800\n"


def test_reasons_are_utf8(driver: Driver) -> None:
    outcome = driver.run("raise ValueError('zażółć \U0001f989 \\ud800')")
    assert outcome.reason == "ValueError: zażółć \U0001f989 \\ud800"


def test_streams_that_user_code_breaks_are_mended(driver: Driver) -> None:
    driver.run("import sys, io, os\nsys.stdout = io.StringIO()\nprint('lost')")
    assert driver.run("print('back')").stdout == "back\n"
    driver.run("sys.stdout.close()\nsys.stderr.close()")
    assert driver.run("print('back')").stdout == "back\n"
    driver.run("os.close(1); os.close(2); os.close(0)")
    assert driver.run("print('back')").stdout == "back\n"


def test_closing_small_descriptors_does_not_cut_the_link(driver: Driver) -> None:
    driver.run("import os\nos.closerange(3, 200)")
    assert driver.run("1").state == "COMPLETED"


def test_a_thread_left_over_prints_to_the_log_then_to_the_next_block(driver: Driver) -> None:
    driver.run(
        "import threading\n"
        "go, gone = threading.Event(), threading.Event()\n"
        "def late():\n"
        "    go.wait(); print('from the thread'); gone.set()\n"
        "threading.Thread(target=late, daemon=True).start()"
    )
    assert driver.run("go.set(); gone.wait()").stdout == "from the thread\n"
    driver.run(
        "import time\n"
        "def late():\n"
        "    while attached(): time.sleep(0.001)\n"
        "    print('said between blocks', flush=True)\n"
        "import os\n"
        "mine = os.fstat(1).st_ino\n"
        "attached = lambda: os.fstat(1).st_ino == mine\n"
        "thread = threading.Thread(target=late, daemon=True)\n"
        "thread.start()"
    )
    while "said between blocks" not in driver.log():
        assert driver.process.poll() is None


def test_logging_goes_to_the_log(driver: Driver) -> None:
    outcome = driver.run("athena_user_logger.info('hello'); athena_shared_logger.warning('world')")
    assert (outcome.stdout, outcome.stderr) == ("", "")
    assert " INFO builtins: hello" in driver.log()
    assert " WARNING builtins: world" in driver.log()


@pytest.mark.parametrize(
    ("code", "state", "reason"),
    [
        ("exit()", "COMPLETED", None),
        ("quit", "COMPLETED", None),
        ("import sys; sys.exit(0)", "COMPLETED", None),
        ("import sys; sys.exit(3)", "FAILED", "SystemExit: 3"),
        ("import sys; sys.exit('no data')", "FAILED", "SystemExit: no data"),
    ],
)
def test_exit_ends_the_block_only(
    driver: Driver, code: str, state: str, reason: str | None
) -> None:
    outcome = driver.run(code + ("\nprint('not reached')" if "(" in code else ""))
    assert (outcome.stdout, outcome.reason) == ("", reason)
    assert outcome.state == state
    assert driver.run("1").state == "COMPLETED"


def test_input_says_that_there_is_none(driver: Driver) -> None:
    outcome = driver.run("input('name? ')")
    assert outcome.reason == (
        "EOFError: input() is not available: a calculation has no standard input"
    )
    assert driver.run("import sys; print(repr(sys.stdin.read()))").stdout == "''\n"


def test_a_forked_child_does_not_speak_for_the_session(driver: Driver) -> None:
    outcome = driver.run("import os\npid = os.fork()\nif pid: status = os.waitpid(pid, 0)[1]")
    assert outcome.state == "COMPLETED"
    assert driver.run("print(status)").stdout == "0\n"
    driver.run("pid = os.fork()\nif not pid: raise SystemExit(7)\nstatus = os.waitpid(pid, 0)[1]")
    assert driver.run("print(os.waitstatus_to_exitcode(status))").stdout == "7\n"


def test_displays(driver: Driver) -> None:
    outcome = driver.run(
        "import pandas\n"
        "from IPython.display import HTML, display\n"
        "display(HTML('<b>x</b>'))\n"
        "pandas.DataFrame({'a': [1]})"
    )
    html, frame = outcome.outputs
    assert html["data"]["text/html"] == "<b>x</b>"
    assert "<table" in frame["data"]["text/html"]
    assert outcome.stdout == ""


def test_updated_and_cleared_displays(driver: Driver) -> None:
    outcome = driver.run(
        "from IPython.display import display, clear_output\n"
        "display(1); clear_output()\n"
        "handle = display(2, display_id=True); handle.update(3)"
    )
    assert [o["data"]["text/plain"] for o in outcome.outputs] == ["3"]
    assert outcome.stdout == ""


def test_a_failing_repr_does_not_fail_the_block(driver: Driver) -> None:
    outcome = driver.run("class Bad:\n    def __repr__(self): 1/0\nBad()")
    assert outcome.state == "COMPLETED"
    assert outcome.stderr.endswith("ZeroDivisionError: division by zero\n")


def test_figures(driver: Driver) -> None:
    outcome = driver.run("import matplotlib.pyplot as plt\n_ = plt.plot([1, 2])")
    (figure,) = outcome.outputs
    assert figure["data"]["image/png"].startswith("iVBOR")
    outcome = driver.run("_ = plt.plot([1, 2])\n%matplot plt")
    (figure,) = outcome.outputs
    assert figure["data"]["image/png"].startswith("iVBOR")


@pytest.mark.parametrize("show", ["%plotly fig", "fig", "display(fig)"])
def test_plotly(driver: Driver, show: str) -> None:
    outcome = driver.run(f"import plotly.graph_objects as go\nfig = go.Figure()\n{show}")
    (figure,) = outcome.outputs
    assert "application/vnd.plotly.v1+json" in figure["data"]
    assert "<div" in figure["data"]["text/html"]


def test_a_large_result_is_cut_with_a_mark(driver: Driver) -> None:
    outcome = driver.run("display('kept'); 'x' * 100000", result_max=5000)
    kept, mark = outcome.outputs
    assert kept["data"]["text/plain"] == "'kept'"
    assert "dropped" in mark["data"]["text/plain"]


def test_magics(driver: Driver) -> None:
    assert driver.run("%session_id").stdout == "0a1b2c3d-0000-4000-8000-000000000001\n"
    status = driver.run("%status").stdout
    for part in ("0a1b2c3d", "BUSY", "spark", "PySpark engine version 3", "2023-11-14"):
        assert part in status
    assert "0a1b2c3d" in driver.run("%list_sessions").stdout
    assert "%%sql" in driver.run("%help").stdout
    assert "%plotly" in driver.run("%lsmagic").stdout + str(driver.run("%lsmagic").outputs)
    assert "sc.addPyFile" in (driver.run("%pip install x").reason or "")
    assert "takes DEBUG" in (driver.run("%set_log_level loud").reason or "")
    driver.run("%set_log_level ERROR")
    driver.run("athena_user_logger.warning('too quiet')")
    assert "too quiet" not in driver.log()
    table = driver.run("import pandas\nframe = pandas.DataFrame({'a': [1]})\n%table frame")
    assert "<table" in table.outputs[0]["data"]["text/html"]


def test_top_level_await(driver: Driver) -> None:
    outcome = driver.run("import asyncio\nawait asyncio.sleep(0)\nprint('after')\n5")
    assert outcome.stdout == "after\n"
    assert outcome.outputs[0]["data"]["text/plain"] == "5"


def test_the_environment_of_user_code_is_clean(driver: Driver) -> None:
    names = driver.run("import os\nprint(*os.environ)").stdout.split()
    assert not [n for n in names if "SECRET" in n or n.startswith(("GLAUX", "AWS", "PYSPARK"))]


def test_modules_in_the_working_folder_can_be_imported(driver: Driver) -> None:
    driver.run("open('mine_own.py', 'w').write('x = 5')")
    assert driver.run("import mine_own, os\nprint(mine_own.x)").stdout == "5\n"
    assert driver.run("print(os.getcwd())").stdout.strip() == str(driver.work)


def test_no_descriptor_is_lost(driver: Driver) -> None:
    count = "import os\nprint(len(os.listdir('/proc/self/fd')))"
    before = driver.run(count).stdout
    for _ in range(20):
        driver.run("1")
    assert driver.run(count).stdout == before


@pytest.mark.parametrize(
    "data",
    [
        b"\xff\xff\xff\xffabc",
        b"\0\0\0\x04null",
        struct.pack(">I", 11) + b'{"t":"run"}',
        struct.pack(">I", 30) + b'{"t":"run","id":"a","code":1} ',
        struct.pack(">I", 30) + b'{"t":"run","id":"a","code":""}',
    ],
)
def test_a_malformed_frame_ends_the_driver(needs_engine: None, data: bytes) -> None:
    driver = Driver()
    driver.ready()
    driver.send_bytes(data)
    driver.process.wait(10)
    log = driver.log()
    assert driver.end() == 1
    assert "the link to the shim is broken" in log


def test_unknown_frames_are_ignored(driver: Driver) -> None:
    driver.send({"t": "weather", "id": 3})
    driver.send({"t": "cancel", "id": "nobody"})
    assert driver.run("1").state == "COMPLETED"


def test_the_end_of_the_link_ends_the_driver(needs_engine: None) -> None:
    driver = Driver()
    driver.ready()
    driver.sock.close()
    assert driver.end() == 0


def test_exit_ends_a_running_block(needs_engine: None) -> None:
    driver = Driver()
    driver.ready()
    running = driver.start("print('here')\nimport time\ntime.sleep(1000)")
    running.printed("here")
    assert driver.close() == 0


def test_exit_does_not_wait_for_threads(needs_engine: None) -> None:
    driver = Driver()
    driver.ready()
    driver.run("import threading\nthreading.Thread(target=threading.Event().wait).start()")
    assert driver.close() == 0


def test_a_spec_that_cannot_be_read(needs_engine: None) -> None:
    driver = Driver(cores="many")
    frame = driver.receive()
    assert frame == {"t": "failed", "reason": "cores must be of type int"}
    assert driver.end() == 1


def test_without_a_link_nothing_starts(needs_engine: None) -> None:
    command = [PYTHON, "-I", "-c", "import os; os.closerange(3, 9)"]
    assert subprocess.run(command, env={"PATH": os.environ["PATH"]}, timeout=30).returncode == 0
    assert sys.version_info >= (3, 11)
