"""Holds the direction of dependencies between the folders of src/.

The order is read from the table in ARCHITECTURE.md ("Folders, and who may use whom"): a folder
may include its own headers and those of the folders above it.
"""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
ROW = re.compile(r"^\| `src/(\w+)` \|")
INCLUDE = re.compile(r'^\s*#\s*include\s+"([^"]+)"')


def read_order(architecture: Path) -> list[str]:
    """The folders of the table, lowest first."""
    return [
        match[1] for line in architecture.read_text().splitlines() if (match := ROW.match(line))
    ]


def check_include(folder: str, included: str, order: list[str]) -> str | None:
    """What is wrong with an include line of a file in the folder, or None."""
    target, slash, _ = included.partition("/")
    if not slash:
        return f'"{included}" has no folder: write "{folder}/{included}"'
    if target not in order:
        return (
            None
            if not (TOP / "src" / target).is_dir()
            else f"src/{target} is not in ARCHITECTURE.md"
        )
    if order.index(target) > order.index(folder):
        return f'"{included}": {folder} may not use {target}, which lies above it'
    return None


def check_file(path: Path, order: list[str]) -> list[str]:
    folder = path.relative_to(TOP / "src").parts[0]
    if folder not in order:
        return [f"{path.relative_to(TOP)}: src/{folder} is not in the table of ARCHITECTURE.md"]
    problems = []
    for number, line in enumerate(path.read_text().splitlines(), 1):
        match = INCLUDE.match(line)
        problem = check_include(folder, match[1], order) if match else None
        if problem:
            problems.append(f"{path.relative_to(TOP)}:{number}: {problem}")
    return problems


def main() -> int:
    order = read_order(TOP / "ARCHITECTURE.md")
    if not order:
        print("ARCHITECTURE.md has no table of folders")
        return 1
    files = sorted([*TOP.glob("src/**/*.c"), *TOP.glob("src/**/*.h")])
    problems = [problem for path in files for problem in check_file(path, order)]
    print("\n".join([*problems, f"layers: {len(files)} files, {len(problems)} problems"]))
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
