"""Make the reference page of errors from src/base/errors.def.

gen_errors.py            writes docs/reference/errors.md
gen_errors.py --check    says whether the page is current
"""

import argparse
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
SOURCE = TOP / "src" / "base" / "errors.def"
PAGE = TOP / "docs" / "reference" / "errors.md"

TEXT = r'"((?:[^"\\]|\\.)*)"'
ROW = re.compile(
    r"ERR_ROW\(\s*(?P<code>ERR_\w+)\s*,"
    rf"\s*{TEXT}\s*,\s*(\d+)\s*,\s*{TEXT}\s*,\s*(\d+)\s*,\s*{TEXT}\s*,\s*(\d+)\s*,\s*{TEXT}\s*\)"
)
HEADING = re.compile(r"^/\* (?P<heading>[A-Z][\w ]+) \*/$", re.MULTILINE)

START = """# Errors

Made from `src/base/errors.def` by `tools/gen_errors.py`.

An error has a name and an HTTP status in each protocol that the server speaks:

- **AWS JSON 1.1** (Athena, Glue): the name stands in the body's `__type` and in the header
  `x-amzn-ErrorType`, the sentence in `Message`. `InvalidRequestException` may carry
  `AthenaErrorCode` (and `ErrorCode`, the same value), `TooManyRequestsException` `Reason`,
  `ResourceNotFoundException` `ResourceName`.
- **S3**: the name stands in `<Code>` of the XML body. A wrong region adds `<Region>`, an unsigned
  header `<HeadersNotSigned>`. Answers to HEAD have a status and no body.
- **Query protocol** (STS): the name stands in `<ErrorResponse><Error><Code>`; `<Type>` is `Sender`
  or, for a status of 500 and above, `Receiver`.

Every answer carries its request id in `x-amzn-RequestId`; the log has it, too."""


@dataclass
class Row:
    """One error: (name, status) in JSON, S3 and the query protocol."""

    code: str
    forms: list[tuple[str, str]]
    doc: str


def read_rows(text: str) -> Iterator[tuple[str, list[Row]]]:
    """The rows below each heading."""
    parts = HEADING.split(text)
    for heading, part in zip(parts[1::2], parts[2::2], strict=True):
        rows = []
        for match in ROW.finditer(part):
            fields = match.groups()[1:]
            forms = [(fields[i], fields[i + 1]) for i in (0, 2, 4)]
            rows.append(Row(match["code"], forms, fields[6]))
        yield heading, rows


def emit(sections: list[tuple[str, list[Row]]]) -> Iterator[str]:
    yield START
    for heading, rows in sections:
        yield ""
        yield f"## {heading}"
        yield ""
        yield "| when | AWS JSON 1.1 | S3 | STS |"
        yield "|---|---|---|---|"
        for row in rows:
            forms = " | ".join(f"`{name}` {status}" for name, status in row.forms)
            yield f"| {row.doc} | {forms} |"


def page_of(source: str) -> str:
    sections = list(read_rows(source))
    found = sum(len(rows) for _, rows in sections)
    if found != source.count("ERR_ROW("):
        raise ValueError(
            f"{SOURCE.name}: only {found} of {source.count('ERR_ROW(')} rows are understood"
        )
    return "\n".join(emit(sections)) + "\n"


def main() -> int:
    parser = argparse.ArgumentParser(description="The reference page of errors.")
    parser.add_argument("--check", action="store_true", help="write nothing, only compare")
    check = parser.parse_args().check
    page = page_of(SOURCE.read_text())
    if not check:
        PAGE.write_text(page)
    elif not PAGE.is_file() or PAGE.read_text() != page:
        print("docs/reference/errors.md is not current: run tools/gen_errors.py", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
