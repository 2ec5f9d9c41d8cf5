"""Runs every test, tier by tier, and ends with one line: "N passed, N failed" (", N skipped").

A tier whose tool is missing on this machine is counted as skipped, with its reason. A tier that has
tests but ran none of them counts as failed, as does a runner that died before it wrote its report.
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from xml.etree import ElementTree

TOP = Path(__file__).resolve().parent.parent
TAP_LINE = re.compile(r"^(?P<bad>not )?ok \d+(?P<skip> # SKIP)?(?P<words>.*)$", re.MULTILINE)


@dataclass
class Count:
    """How many tests ended in which way, and why some did not run."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    reasons: list[str] = field(default_factory=list)

    def add(self, other: "Count") -> None:
        self.passed += other.passed
        self.failed += other.failed
        self.skipped += other.skipped
        self.reasons += other.reasons

    def line(self) -> str:
        skipped = f", {self.skipped} skipped" if self.skipped else ""
        return f"{self.passed} passed, {self.failed} failed{skipped}"


def component(name: str) -> Path:
    """The folder of a component of the set-up cache, whether it is there or not."""
    command = [str(TOP / "tools" / "setup"), "where", name]
    return Path(subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip())


def read_report(path: Path) -> Count:
    """Counts a report in JUnit's form."""
    count = Count()
    for case in ElementTree.parse(path).iter("testcase"):
        name = f"{case.get('classname', '')}.{case.get('name', '')}".strip(".")
        skip = case.find("skipped")
        if case.find("failure") is not None or case.find("error") is not None:
            count.failed += 1
        elif skip is not None:
            count.skipped += 1
            count.reasons.append(f"{name}: {skip.get('message') or 'no reason given'}")
        else:
            count.passed += 1
    return count


def read_tap(name: str, output: str, returncode: int) -> Count:
    """Counts what a test printed in TAP's form; one that died, or planned nothing, failed.

    A test that prints no plan is one test, and its exit status says how it ended.
    """
    count = Count()
    if not re.search(r"^1\.\.\d+$", output, re.MULTILINE):
        return Count(failed=1) if returncode else Count(passed=1)
    for match in TAP_LINE.finditer(output):
        if match["skip"]:
            count.skipped += 1
            count.reasons.append(f"{name}: {match['words'].strip()}")
        elif match["bad"]:
            count.failed += 1
        else:
            count.passed += 1
    if count.failed == 0 and (returncode != 0 or count.passed + count.skipped == 0):
        count.failed = 1
    return count


def run_unit(build: Path) -> Count:
    """The C tests, a binary each; the output of those that failed is shown at the end."""
    log = build / "meson-logs" / "testlog.json"
    log.unlink(missing_ok=True)
    subprocess.run(["meson", "test", "-C", str(build)], cwd=TOP, stdin=subprocess.DEVNULL)
    if not log.is_file():
        return Count(failed=1)
    total = Count()
    for line in log.read_text().splitlines():
        binary = json.loads(line)
        count = read_tap(binary["name"], binary.get("stdout", ""), binary["returncode"])
        if count.failed:
            print(f"\n-- {binary['name']} ({binary['result']}):", flush=True)
            print(binary.get("stdout", ""), binary.get("stderr", ""), flush=True)
        total.add(count)
    return total


def run_pytest(
    tier: str, python: Path, folder: Path, build: Path, path: str = "", options: Sequence[str] = ()
) -> Count:
    """The tests of a folder, run by the interpreter of a client's environment."""
    report = build / "test-reports" / f"{tier}.xml"
    report.unlink(missing_ok=True)
    environment = os.environ | {
        "GLAUX_BUILD": str(build),
        "GLAUX_AWS_CLI": str(component("cli") / "bin" / "aws"),
        "GLAUX_ENGINE": str(component("spark-3.5")),
        "GLAUX_NODE_MODULES": str(component("js") / "node_modules"),
        "GLAUX_GO_CLIENT": str(component("go") / "client"),
        "GLAUX_JAVA_CLIENT": str(component("java")),
        "GLAUX_VERSITYGW": str(component("versitygw") / "versitygw"),
        "PYTHONPATH": os.pathsep.join([str(TOP / "driver"), *([path] if path else [])]),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    command = [str(python), "-m", "pytest", "-ra", f"--junit-xml={report}", *options, str(folder)]
    status = subprocess.run(command, cwd=TOP, env=environment, stdin=subprocess.DEVNULL).returncode
    count = read_report(report) if report.is_file() else Count()
    if (status != 0 and count.failed == 0) or count.passed + count.failed + count.skipped == 0:
        count.failed += 1
    return count


def run_in_engine(tier: str, folder: str, build: Path) -> Count:
    """Tests that need the engine's packages and, from the test environment, pytest."""
    packages = next((component("test") / "lib").glob("python3*/site-packages"))
    python = component("spark-3.5") / "bin" / "python"
    return run_pytest(tier, python, TOP / folder, build, str(packages))


def run_driver(build: Path) -> Count:
    return run_in_engine("driver", "tests/driver", build)


def run_hadoop(build: Path) -> Count:
    """Spark of the engine as it is, with its jars and outside a session."""
    return run_in_engine("clients-hadoop", "tests/clients/hadoop", build)


def with_client(tier: str, environment: str, folder: str) -> Callable[[Path], Count]:
    def run(build: Path) -> Count:
        return run_pytest(tier, component(environment) / "bin" / "python", TOP / folder, build)

    return run


def run_api(build: Path) -> Count:
    """Whole files side by side, one for each core: each starts servers of its own."""
    python = component("test") / "bin" / "python"
    options = ["--numprocesses", str(os.cpu_count() or 1), "--dist", "loadfile"]
    return run_pytest("api", python, TOP / "tests/api", build, options=options)


def run_javascript(build: Path) -> Count:
    """The JavaScript SDK's tests, started from pytest; Debian 12's Node.js is too old for them."""
    node = shutil.which("node")
    version = (
        subprocess.run([node, "--version"], capture_output=True, text=True).stdout if node else "v0"
    )
    if int(version.strip().lstrip("v").partition(".")[0]) < 20:
        return Count(
            skipped=1,
            reasons=["clients-js: needs Node.js 20 or later, which is not on this machine"],
        )
    return with_client("clients-js", "test", "tests/clients/js")(build)


def run_go(build: Path) -> Count:
    """The Go SDK's tests; set-up has built their program where Go is new enough."""
    if not (component("go") / "client").is_file():
        return Count(
            skipped=1, reasons=["clients-go: needs Go 1.25 or later, which is not on this machine"]
        )
    return with_client("clients-go", "test", "tests/clients/go")(build)


# Each tier: its name, the folder that holds its tests, and how to run them.
TIERS: list[tuple[str, str, Callable[[Path], Count]]] = [
    ("unit", "tests/unit", run_unit),
    ("tools", "tests/tools", with_client("tools", "test", "tests/tools")),
    ("driver", "tests/driver", run_driver),
    ("api", "tests/api", run_api),
    ("faults", "tests/faults", with_client("faults", "test", "tests/faults")),
    ("clients-aws", "tests/clients/aws", with_client("clients-aws", "test", "tests/clients/aws")),
    (
        "clients-pyathena3",
        "tests/clients/pyathena",
        with_client("clients-pyathena3", "pyathena3", "tests/clients/pyathena"),
    ),
    (
        "clients-pyathena4",
        "tests/clients/pyathena",
        with_client("clients-pyathena4", "pyathena4", "tests/clients/pyathena"),
    ),
    (
        "clients-awswrangler",
        "tests/clients/awswrangler",
        with_client("clients-awswrangler", "awswrangler", "tests/clients/awswrangler"),
    ),
    ("clients-dbt", "tests/clients/dbt", with_client("clients-dbt", "dbt", "tests/clients/dbt")),
    (
        "clients-airflow",
        "tests/clients/airflow",
        with_client("clients-airflow", "airflow", "tests/clients/airflow"),
    ),
    ("clients-s3", "tests/clients/s3", with_client("clients-s3", "s3", "tests/clients/s3")),
    (
        "clients-filesystems",
        "tests/clients/filesystems",
        with_client("clients-filesystems", "filesystems", "tests/clients/filesystems"),
    ),
    ("clients-hadoop", "tests/clients/hadoop", run_hadoop),
    ("clients-js", "tests/clients/js", run_javascript),
    ("clients-go", "tests/clients/go", run_go),
    (
        "clients-java",
        "tests/clients/java",
        with_client("clients-java", "test", "tests/clients/java"),
    ),
]


def has_tests(folder: Path) -> bool:
    return any(folder.rglob("test_*.c")) or any(folder.rglob("test_*.py"))


def run_tiers(names: list[str], build: Path) -> Count:
    total = Count()
    for name, folder, run in TIERS:
        if names and name not in names:
            continue
        if not has_tests(TOP / folder):
            print(f"\n== {name}: no tests in {folder}", flush=True)
            continue
        print(f"\n== {name}", flush=True)
        begin = time.monotonic()
        count = run(build)
        print(f"== {name}: {count.line()} in {time.monotonic() - begin:.0f} s", flush=True)
        total.add(count)
    return total


def main() -> int:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--build", type=Path, default=TOP / "build", help="the build folder")
    parser.add_argument("tiers", nargs="*", help="of: " + " ".join(tier[0] for tier in TIERS))
    arguments = parser.parse_args()
    unknown = set(arguments.tiers) - {tier[0] for tier in TIERS}
    if unknown:
        parser.error(f"unknown tiers: {' '.join(sorted(unknown))}")
    build: Path = arguments.build.resolve()
    (build / "test-reports").mkdir(parents=True, exist_ok=True)
    total = run_tiers(arguments.tiers, build)
    if total.reasons:
        print("\nSkipped:")
        print("\n".join(f"  {reason}" for reason in total.reasons))
    print(f"\n{total.line()}")
    return 0 if total.failed == 0 and total.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
