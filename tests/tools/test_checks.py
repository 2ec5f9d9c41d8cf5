"""The checks must find what they are for: each is shown a bad example and a good one."""

import subprocess
import time
from pathlib import Path

import check_layers
import check_style
import pytest
import run_tests

TOP = Path(__file__).resolve().parent.parent.parent
ORDER = ["base", "loop", "core", "ops"]


def test_layers_are_read_from_the_architecture() -> None:
    order = check_layers.read_order(TOP / "ARCHITECTURE.md")
    assert order[0] == "base"
    assert order.index("core") < order.index("ops") < order.index("main")


@pytest.mark.parametrize("included", ["base/str.h", "core/core.h", "loop/loop.h"])
def test_a_folder_may_use_itself_and_what_lies_below(included: str) -> None:
    assert check_layers.check_include("core", included, ORDER) is None


@pytest.mark.parametrize("included", ["ops/sessions.h", "session.h"])
def test_a_folder_may_not_use_what_lies_above_nor_leave_the_folder_out(included: str) -> None:
    assert check_layers.check_include("core", included, ORDER) is not None


@pytest.mark.parametrize("line", ["strcpy(a, b);", "x = atoi(s);", "  sprintf (out, f);"])
def test_banned_calls_are_found(line: str) -> None:
    assert check_style.CALL.search(check_style.without_comments(line))


@pytest.mark.parametrize(
    "line", ['log("strcpy(a)");', "/* atoi(s) */", "my_gets(s);", "p->system(x);"]
)
def test_words_that_only_look_like_banned_calls_are_not(line: str) -> None:
    assert not check_style.CALL.search(check_style.without_comments(line))


def test_reports_are_counted_with_the_reasons_of_skips(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"
    report.write_text(
        "<testsuites><testsuite>"
        '<testcase classname="a" name="good"/>'
        '<testcase classname="a" name="bad"><failure/></testcase>'
        '<testcase classname="a" name="broken"><error/></testcase>'
        '<testcase classname="a" name="left"><skipped message="no tool"/></testcase>'
        "</testsuite></testsuites>"
    )
    count = run_tests.read_report(report)
    assert count.line() == "1 passed, 2 failed, 1 skipped"
    assert count.reasons == ["a.left: no tool"]


@pytest.mark.parametrize(
    ("output", "returncode", "line"),
    [
        ("1..2\nok 1 - one\nok 2 - two\n", 0, "2 passed, 0 failed"),
        ("1..2\nok 1 - one\nnot ok 2 - two\n# 1 != 2\n", 1, "1 passed, 1 failed"),
        ("1..2\nok 1 - one\nnot ok 2 # SKIP two\n", 0, "1 passed, 0 failed, 1 skipped"),
        ("1..2\nok 1 - one\n", -6, "1 passed, 1 failed"),
        ("1..0\n", 0, "0 passed, 1 failed"),
        ("done\n", 0, "1 passed, 0 failed"),
        ("not done\n", 1, "0 passed, 1 failed"),
    ],
)
def test_binaries_are_counted_test_by_test(output: str, returncode: int, line: str) -> None:
    assert run_tests.read_tap("binary", output, returncode).line() == line


def test_a_runner_that_wrote_no_report_counts_as_failed(tmp_path: Path) -> None:
    (tmp_path / "test-reports").mkdir()
    count = run_tests.run_pytest("nothing", Path("/bin/true"), tmp_path, tmp_path)
    assert (count.passed, count.failed) == (0, 1)


def test_set_up_returns_at_once_when_nothing_is_missing() -> None:
    begin = time.monotonic()
    done = subprocess.run([TOP / "tools" / "setup", "test"], capture_output=True, text=True)
    assert done.returncode == 0
    assert done.stderr == ""
    assert time.monotonic() - begin < 2  # 0.1 s on an idle machine
