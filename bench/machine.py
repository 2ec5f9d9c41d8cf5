"""What was measured on, and with what."""

from __future__ import annotations

import os
import platform
import re
import subprocess
import time
from datetime import datetime
from pathlib import Path

import boto3
from run_tests import component
from server import BUILD

TOP = Path(__file__).resolve().parent.parent


def output(*command: str) -> str:
    """What a command prints; empty if it cannot be run."""
    try:
        result = subprocess.run(
            command, cwd=TOP, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
    except OSError:
        return ""
    return result.stdout.strip()


def version(*command: str) -> str:
    """The first thing that looks like a version number in what a command prints."""
    match = re.search(r"\d+\.\d+[\w.+-]*", output(*command))
    return match[0] if match else "unknown"


def cpu_model() -> str:
    match = re.search(r"^model name\s*: (.*)$", Path("/proc/cpuinfo").read_text(), re.MULTILINE)
    return match[1] if match else platform.machine()


def memory_gib() -> float:
    return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / 2**30


def system() -> str:
    match = re.search(r'^PRETTY_NAME="?([^"\n]*)', Path("/etc/os-release").read_text(), re.M)
    return f"{match[1] if match else 'Linux'}, kernel {platform.release()}"


def cpu_ticks() -> tuple[int, int]:
    """Ticks in which the cores worked (or were kept from it by the host), and all ticks."""
    fields = [int(field) for field in Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:9]]
    return sum(fields) - fields[3] - fields[4], sum(fields)


def busy_share(seconds: float = 1) -> float:
    """The share of the cores that others use now."""
    worked, total = cpu_ticks()
    time.sleep(seconds)
    worked_then, total_then = cpu_ticks()
    return (worked_then - worked) / max(1, total_then - total)


def name() -> str:
    """A word for the machine, for the name of a file."""
    words = re.sub(r"\(.*?\)|\bCPU\b|@.*|\b\d+-Core\b|Processor", " ", cpu_model())
    return re.sub(r"[^a-z0-9]+", "-", f"{words} {os.cpu_count()} cores".lower()).strip("-")


def revision() -> str:
    return output("git", "-c", "safe.directory=*", "describe", "--always", "--dirty") or "unknown"


def build_type() -> str:
    match = re.search(
        r'"name": "buildtype", "value": "(\w+)"',
        (BUILD / "meson-info" / "intro-buildoptions.json").read_text(),
    )
    return match[1] if match else "unknown"


def pinned_versitygw() -> str:
    """The program itself does not know its version."""
    modules = (TOP / "requirements" / "versitygw" / "go.mod").read_text()
    match = re.search(r"versity/versitygw v(\S+)", modules)
    return match[1] if match else "unknown"


def describe() -> str:
    """A list of what and its value."""
    engine = str(component("spark-3.5") / "bin" / "python")
    spark = output(engine, "-c", "import pyspark; print(pyspark.__version__)")
    facts = {
        "date": datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %Z"),
        "processor": f"{cpu_model()}, {os.cpu_count()} cores",
        "memory": f"{memory_gib():.1f} GiB",
        "system": system(),
        "busy with other work before": f"{busy_share():.0%} of the cores",
        "glauxd": f"{version(str(BUILD / 'glauxd'), '--version')} ({revision()}, {build_type()})",
        "beside it": f"nginx {version('nginx', '-v')}, wrk {version('wrk', '-v')}, "
        f"versitygw {pinned_versitygw()}",
        "engine": f"Spark {spark}, Java {version('java', '-version')}",
        "client": f"boto3 {boto3.__version__}, Python {platform.python_version()}",
    }
    return "\n".join(f"- {what}: {value}" for what, value in facts.items())
