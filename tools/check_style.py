"""Checks that no linter does.

Banned functions, long files and functions, self-contained headers, what must not be in the tree.
"""

import argparse
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
FILE_LINES_MAX = 700
FUNCTION_LINES_MAX = 80

# Why not: unbounded writes, hidden state, errors that cannot be seen, or a process-wide effect.
BANNED = """strcpy strcat strncpy strncat sprintf vsprintf gets scanf sscanf fscanf strtok strtok_r
    alloca atoi atol atoll atof rand srand random tmpnam mktemp tempnam system popen
    localtime gmtime ctime asctime setjmp longjmp strdupa""".split()
# Only src/base may call these: everyone else parses and allocates through it.
BASE_ONLY = "strtol strtoul strtoll strtoull strtod malloc calloc realloc".split()

CALL = re.compile(r"(?<![\w.>])(" + "|".join(BANNED + BASE_ONLY) + r")\s*\(")
COMMENT_OR_LITERAL = re.compile(
    r'//[^\n]*|/\*.*?\*/|"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'', re.DOTALL
)
LOOSE_END = re.compile(r"\b(TODO|FIXME|XXX|HACK)\b|not implemented yet|(?<!none )\bfor now\b")
MACHINE = re.compile(
    r"/(work|root)/"
    r"|\b(pypi|(files\.)?pythonhosted|registry\.npmjs|static\.crates)\.(org|io)\b"
    r"|\b((deb|security)\.debian|repo1?\.maven(\.apache)?)\.org\b"
)
PACKAGES = "libuv openssl jansson sqlite3 libpcre2-8 libcurl zlib smartcols".split()


def tracked(*patterns: str) -> list[Path]:
    """The files of the tree, also the ones that are not committed yet."""
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
        "--",
        *patterns,
    ]
    names = subprocess.run(command, cwd=TOP, check=True, capture_output=True, text=True).stdout
    paths = (TOP / name for name in names.split("\0") if name)
    return sorted({path for path in paths if path.is_file() and not path.is_symlink()})


def read_text(path: Path) -> str:
    """The file's text; empty for a file that is not text."""
    try:
        return path.read_text()
    except UnicodeDecodeError:
        return ""


def spot(path: Path, number: int, words: str) -> str:
    return f"{path.relative_to(TOP)}:{number}: {words}"


def without_comments(text: str) -> str:
    """C text with comments and literals blanked, line numbers kept."""
    return COMMENT_OR_LITERAL.sub(lambda match: re.sub(r"[^\n]", " ", match[0]), text)


def banned_calls() -> Iterator[str]:
    for path in tracked("*.c", "*.h"):
        in_base = path.is_relative_to(TOP / "src" / "base")
        in_tests = path.is_relative_to(TOP / "tests")
        for number, line in enumerate(without_comments(read_text(path)).splitlines(), 1):
            for match in CALL.finditer(line):
                if match[1] in BANNED or not (in_base or in_tests):
                    yield spot(path, number, f"{match[1]}() is banned")


def long_files() -> Iterator[str]:
    for path in tracked("*.c", "*.h", "*.py", "tools", "bench", ".ci"):
        count = len(read_text(path).splitlines())
        if count > FILE_LINES_MAX:
            yield spot(
                path,
                count,
                f"{count} lines: at most {FILE_LINES_MAX} (is there a second idea in it?)",
            )


def long_functions() -> Iterator[str]:
    """The brace style puts only a function's own braces into the first column."""
    for path in tracked("*.c", "*.h"):
        opened = 0
        for number, line in enumerate(read_text(path).splitlines(), 1):
            if line == "{":
                opened = number
            elif line == "}" and opened:
                if number - opened - 1 > FUNCTION_LINES_MAX:
                    yield spot(
                        path,
                        opened,
                        f"a function of {number - opened - 1} lines: at most {FUNCTION_LINES_MAX}",
                    )
                opened = 0


def loose_ends() -> Iterator[str]:
    checks = [
        (LOOSE_END, "a loose end"),
        (MACHINE, "a path of one machine, or the host of a package registry"),
    ]
    for path in tracked():
        if path == Path(__file__).resolve():
            continue
        for number, line in enumerate(read_text(path).splitlines(), 1):
            for pattern, words in checks:
                if match := pattern.search(line):
                    yield spot(path, number, f"{words}: {match[0]}")


def compile_header(header: Path, build: Path, flags: list[str]) -> str | None:
    """The compiler's complaint about a file that includes this header alone, or None."""
    includes = [f"-I{TOP / 'src'}", f"-I{build / 'src'}"]
    command = [
        "gcc",
        "-std=gnu17",
        "-D_GNU_SOURCE",
        "-Wall",
        "-Werror",
        "-fsyntax-only",
        *includes,
        *flags,
    ]
    result = subprocess.run(
        [*command, "-x", "c", "-include", str(header), "/dev/null"], capture_output=True, text=True
    )
    return None if result.returncode == 0 else result.stderr.strip()


def lone_headers(build: Path) -> Iterator[str]:
    """A header that cannot be included alone hides what it needs."""
    flags = subprocess.run(
        ["pkg-config", "--cflags", *PACKAGES], check=True, capture_output=True, text=True
    ).stdout.split()
    llhttp = subprocess.run(
        [TOP / "tools" / "setup", "where", "llhttp"], capture_output=True, text=True
    ).stdout.strip()
    flags.append(f"-I{llhttp}/include")
    headers = tracked("src/*.h")
    with ThreadPoolExecutor() as pool:
        for header, complaint in zip(
            headers, pool.map(lambda h: compile_header(h, build, flags), headers), strict=True
        ):
            if complaint:
                yield spot(header, 1, f"does not compile alone:\n{complaint}")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--build",
        type=Path,
        default=TOP / "build",
        help="the build folder with the generated headers",
    )
    build: Path = parser.parse_args().build.resolve()
    checks: dict[str, Callable[[], Iterator[str]]] = {
        "banned functions": banned_calls,
        "long files": long_files,
        "long functions": long_functions,
        "loose ends": loose_ends,
        "self-contained headers": lambda: lone_headers(build),
    }
    failed = False
    for name, check in checks.items():
        problems = list(check())
        failed = failed or bool(problems)
        print("\n".join([*problems, f"{name}: {len(problems)} problems"]))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
