"""Tables that read well as plain text and as Markdown."""

from __future__ import annotations

import statistics
from collections.abc import Sequence


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """The first column is text, the others are figures."""
    lines = [list(head), *[list(row) for row in rows]]
    widths = [max(len(line[i]) for line in lines) for i in range(len(head))]

    def draw(line: list[str]) -> str:
        cells = [line[0].ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(line[1:], widths[1:], strict=True)]
        return f"| {' | '.join(cells)} |"

    rule = ["-" * widths[0], *["-" * (width - 1) + ":" for width in widths[1:]]]
    return "\n".join([draw(lines[0]), draw(rule), *[draw(line) for line in lines[1:]]])


def spread(values: Sequence[float], digits: int = 1) -> list[str]:
    """Least, median and most, as cells."""
    return [
        f"{value:.{digits}f}" for value in (min(values), statistics.median(values), max(values))
    ]


def mib(size: int) -> str:
    return f"{size / 2**20:.1f}"
