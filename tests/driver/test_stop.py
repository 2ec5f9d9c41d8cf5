"""Stopping blocks of plain Python: each ends CANCELED, and the session goes on."""

import os
import textwrap

import pytest
from driver_harness import Driver

STOP_BOUND_S = 8.0

BLOCKS = {
    "sleep": "import time\nprint('go', flush=True)\ntime.sleep(1000)",
    "busy loop": "print('go', flush=True)\nwhile True: pass",
    "lock": "import threading\nprint('go', flush=True)\nthreading.Lock().acquire() and None\n"
    "l = threading.Lock(); l.acquire(); l.acquire()",
    "subprocess": "import subprocess\nprint('go', flush=True)\nsubprocess.run(['sleep', '1000'])",
    "system": "import os\nprint('go', flush=True)\nos.system('sleep 1000; true')",
    "shell escape": "print('go', flush=True)\n!sleep 1000",
    "swallowed once": """
        import time
        print('go', flush=True)
        try:
            time.sleep(1000)
        except KeyboardInterrupt:
            time.sleep(1000)
        """,
    "swallowed for ever": """
        import time
        print('go', flush=True)
        while True:
            try:
                time.sleep(1000)
            except BaseException:
                print('no', flush=True)
        """,
    "swallowed two deep": """
        import time
        print('go', flush=True)
        def inner():
            while True:
                try:
                    time.sleep(1000)
                except BaseException:
                    print('no', flush=True)
        while True:
            try:
                inner()
            except BaseException:
                pass
        """,
    "handler of its own": """
        import signal, time
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        print('go', flush=True)
        time.sleep(1000)
        """,
    "await": "import asyncio\nprint('go', flush=True)\nawait asyncio.sleep(1000)",
    "recursion": """
        import sys
        def down(n):
            if n:
                down(n - 1)
            else:
                print('go', flush=True)
                while True: pass
        down(700)
        """,
}


@pytest.mark.parametrize("name", BLOCKS)
def test_stopped(driver: Driver, name: str) -> None:
    running = driver.start(textwrap.dedent(BLOCKS[name]))
    running.printed("go")
    running.cancel()
    outcome = running.wait(STOP_BOUND_S)
    assert (outcome.state, outcome.reason) == ("CANCELED", None)
    assert outcome.result["version"] == 1
    assert ("no\nno\n" in outcome.stdout) == name.startswith("swallowed ") or "once" in name
    after = driver.run("print(1)")
    assert (after.state, after.stdout, after.stderr) == ("COMPLETED", "1\n", "")


def test_where_the_block_was(driver: Driver) -> None:
    running = driver.start("import time\ndef f():\n    print('go'); time.sleep(1000)\n\nf()")
    running.printed("go")
    running.cancel()
    assert running.wait().stderr == (
        '  File "<stdin>", line 5, in <module>\n  File "<stdin>", line 3, in f\nKeyboardInterrupt\n'
    )


def test_processes_of_the_block_end_with_it_those_before_do_not(driver: Driver) -> None:
    code = "import subprocess, time\nold = subprocess.Popen(['sleep', '1000'])\ntime.sleep(0.1)"
    driver.start(code).wait(pipes_s=0.1)
    running = driver.start(
        "new = subprocess.Popen(['sleep', '1000'])\nprint(new.pid, flush=True)\ntime.sleep(1000)"
    )
    running.printed("\n")
    running.cancel()
    assert running.wait(STOP_BOUND_S, pipes_s=5.0).state == "CANCELED"
    assert driver.run("print(new.wait(10) < 0, old.poll())").stdout == "True None\n"
    driver.run("old.kill(); old.wait()")


def test_a_late_stop_does_not_hit_the_next_block(driver: Driver) -> None:
    """Stops sent around a block's end, while a long block follows at once."""
    for _ in range(60):
        first = driver.start("1")
        first.cancel()
        assert first.wait().state in ("COMPLETED", "CANCELED")
        first.cancel()
        outcome = driver.run("import math\nfor i in range(3000): math.sqrt(i)\nprint('whole')")
        assert (outcome.state, outcome.stdout) == ("COMPLETED", "whole\n")


def test_a_stop_before_the_first_line(driver: Driver) -> None:
    states = set()
    for _ in range(20):
        running = driver.start("import time\ntime.sleep(1000)")
        running.cancel()
        states.add(running.wait(STOP_BOUND_S).state)
    assert states == {"CANCELED"}


def test_stopping_twice_is_stopping_once(driver: Driver) -> None:
    running = driver.start("import time\nprint('go')\ntime.sleep(1000)")
    running.printed("go")
    for _ in range(5):
        running.cancel()
    assert running.wait(STOP_BOUND_S).state == "CANCELED"
    assert driver.run("1").state == "COMPLETED"


def test_cleanup_code_may_run(driver: Driver) -> None:
    running = driver.start(
        "import time\nprint('go')\ntry:\n    time.sleep(1000)\nfinally:\n    print('cleaned')"
    )
    running.printed("go")
    running.cancel()
    assert running.wait(STOP_BOUND_S).stdout == "go\ncleaned\n"


def test_a_process_that_ends_itself_ends_the_session(needs_engine: None) -> None:
    driver = Driver()
    driver.ready()
    running = driver.start("import os\nos._exit(9)")
    with pytest.raises((EOFError, ConnectionError)):
        running.wait()
    assert driver.end() == 9
    assert os.getpid() > 0
