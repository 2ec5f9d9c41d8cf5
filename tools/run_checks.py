"""Runs the checks of the sources, and ends with one line: "N passed, N failed".

The quick ones run by default; --all adds the slow ones: clang-tidy, the unit and API tests on a
build with AddressSanitizer and UndefinedBehaviorSanitizer, and every fuzz target for a short while.
"""

import argparse
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from check_style import tracked
from run_tests import Count, component

TOP = Path(__file__).resolve().parent.parent
BUILD = TOP / "build"
JOBS = str(os.cpu_count() or 1)
FUZZ_SECONDS = 20
# Some of gcc's warnings are wrong about sanitized code; the plain build has them as errors.
SANITIZED = ["-Db_sanitize=address,undefined", "-Db_lundef=false", "-Dwerror=false"]
PYTHON_SOURCES = ["tools", "driver", "tests", "bench", "engines"]


def run(command: list[str], **environment: str) -> bool:
    """Runs a command with its output shown; true if it ended well."""
    return (
        subprocess.run(
            command, cwd=TOP, env=os.environ | environment, stdin=subprocess.DEVNULL
        ).returncode
        == 0
    )


def tool(name: str) -> str:
    return str(component("test") / "bin" / name)


def c_sources() -> list[str]:
    patterns = [f"{folder}/*.{kind}" for folder in ("src", "tests", "bench") for kind in "ch"]
    return [str(path) for path in tracked(*patterns)]


def python_sources() -> list[str]:
    return [folder for folder in PYTHON_SOURCES if tracked(f"{folder}/*.py")]


def check_format() -> bool:
    return run([tool("clang-format"), "--dry-run", "-Werror", *c_sources()])


def check_layers() -> bool:
    return run([sys.executable, "tools/check_layers.py"])


def check_style() -> bool:
    return run([sys.executable, "tools/check_style.py", "--build", str(BUILD)])


def check_ruff() -> bool:
    return run([tool("ruff"), "check", *python_sources()])


def check_ruff_format() -> bool:
    return run([tool("ruff"), "format", "--check", *python_sources()])


def check_mypy() -> bool:
    """Twice, as tests/api has a conftest, and so has tests: to each other they are one module."""
    rest = run([tool("mypy"), "--exclude", "^tests/api/", *python_sources()])
    return run([tool("mypy"), "tests/api"]) and rest


def check_shell() -> bool:
    scripts = [
        str(path)
        for path in tracked("tools/*", "bench/*", ".ci/*", "tests/*")
        if path.suffix in ("", ".sh") and path.read_bytes()[:64].startswith(b"#!/usr/bin/env bash")
    ]
    return run(["shellcheck", *scripts])


def check_tidy() -> bool:
    command = ["run-clang-tidy-14", "-quiet", "-p", str(BUILD), "-j", JOBS]
    return run([*command, f"^{re.escape(str(TOP))}/src/"])


def configure(build: Path, *options: str, **environment: str) -> bool:
    """Configures a build folder unless it is, and builds it."""
    if not (build / "build.ninja").is_file() and not run(
        ["meson", "setup", str(build), *options], **environment
    ):
        return False
    return run(["ninja", "-C", str(build)]) and run(["tools/setup", "link", str(build)])


def sanitizer_reports(folder: Path) -> list[Path]:
    """Prints what the sanitizers of any process wrote into the folder."""
    reports = sorted(folder.glob("report.*"))
    for report in reports:
        print(report.read_text(errors="replace"))
    return reports


def check_sanitizers() -> bool:
    """Every process reports into one folder, so that no report is lost with its process."""
    build = TOP / "build-asan"
    if not configure(build, *SANITIZED):
        return False
    folder = build / "sanitizers"
    folder.mkdir(exist_ok=True)
    for old in folder.glob("report.*"):
        old.unlink()
    passed = run(
        [sys.executable, "tools/run_tests.py", "--build", str(build), "unit", "api"],
        ASAN_OPTIONS=f"log_path={folder}/report:detect_leaks=1:detect_stack_use_after_return=1",
        UBSAN_OPTIONS=f"log_path={folder}/report:halt_on_error=1:print_stacktrace=1",
    )
    return not sanitizer_reports(folder) and passed


def run_fuzzer(target: Path) -> bool:
    """Fuzzes from the seeds that the tree has; what it finds new stays in the build folder."""
    seeds = TOP / "tests" / "fuzz" / "seeds" / target.name
    corpus = target.parent / f"{target.name}.corpus"
    corpus.mkdir(exist_ok=True)
    limits = [f"-max_total_time={FUZZ_SECONDS}", "-timeout=5", "-rss_limit_mb=2048"]
    prefix = f"-artifact_prefix={target.parent}/{target.name}."
    command = [str(target), *limits, prefix, "-print_final_stats=1", str(corpus), str(seeds)]
    done = subprocess.run(
        command, cwd=TOP, stdin=subprocess.DEVNULL, capture_output=True, text=True, errors="replace"
    )
    print(f"-- {target.name}\n{done.stderr}", flush=True)
    return done.returncode == 0


def check_fuzzers() -> bool:
    build = TOP / "build-fuzz"
    if not configure(build, *SANITIZED, "-Dfuzzers=enabled", "-Dtests=false", CC="clang-14"):
        return False
    found = (build / "tests" / "fuzz").glob("fuzz_*")
    targets = [path for path in found if path.is_file() and os.access(path, os.X_OK)]
    with ThreadPoolExecutor(os.cpu_count()) as threads:
        results = list(threads.map(run_fuzzer, sorted(targets)))
    return bool(results) and all(results)


QUICK: dict[str, Callable[[], bool]] = {
    "clang-format": check_format,
    "layers": check_layers,
    "style": check_style,
    "ruff": check_ruff,
    "ruff-format": check_ruff_format,
    "mypy": check_mypy,
    "shellcheck": check_shell,
}
SLOW: dict[str, Callable[[], bool]] = {
    "clang-tidy": check_tidy,
    "sanitizers": check_sanitizers,
    "fuzzers": check_fuzzers,
}


def run_check(name: str, check: Callable[[], bool], count: Count) -> None:
    print(f"\n== {name}", flush=True)
    begin = time.monotonic()
    passed = check()
    count.passed += passed
    count.failed += not passed
    word = "passed" if passed else "FAILED"
    print(f"== {name}: {word} in {time.monotonic() - begin:.0f} s", flush=True)


def rewrite() -> int:
    """Formats the C and the Python sources."""
    done = [
        run([tool("clang-format"), "-i", *c_sources()]),
        run([tool("ruff"), "check", "--fix", "--quiet", *python_sources()]),
        run([tool("ruff"), "format", *python_sources()]),
    ]
    return 0 if all(done) else 1


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--all", action="store_true", help="run the slow checks too")
    names = [*QUICK, *SLOW, "fmt"]
    parser.add_argument("checks", nargs="*", metavar="CHECK", help="of: " + " ".join(names))
    arguments = parser.parse_args()
    unknown = set(arguments.checks) - set(names)
    if unknown:
        parser.error(f"unknown checks: {' '.join(sorted(unknown))}")
    if arguments.checks == ["fmt"]:
        return rewrite()
    chosen = arguments.checks or [*QUICK, *(SLOW if arguments.all else [])]
    count = Count()
    for name in chosen:
        run_check(name, (QUICK | SLOW)[name], count)
    print(f"\n{count.line()}")
    return 0 if count.failed == 0 else 1


if __name__ == "__main__":
    sys.exit(main())
