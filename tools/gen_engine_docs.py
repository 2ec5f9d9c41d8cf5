"""Make what docs/ says of the engine from the engine itself.

gen_engine_docs.py            writes docs/python-packages.md and the table of docs/data.md
"""

import re
import sys
from pathlib import Path

TOP = Path(__file__).resolve().parent.parent
REQUIREMENTS = TOP / "engines" / "spark-3.5" / "requirements.txt"
PACKAGES = TOP / "docs" / "python-packages.md"
DATA = TOP / "docs" / "data.md"

sys.path.insert(0, str(TOP / "driver"))

from glaux_driver import replacements  # noqa: E402

START = """# Python packages in a session

Made from `engines/spark-3.5/requirements.txt` by `tools/gen_engine_docs.py`.

Python 3.11, and what Athena preinstalls, in versions that fit Spark 3.5. Pure Python of your own
comes by `sc.addPyFile("s3://...")` or the property `spark.submit.pyFiles`.

| package | version |
|---|---|
"""
TABLE = re.compile(r"(?<=<!-- replacements -->\n).*?(?=<!-- end -->)", re.DOTALL)


def packages_page(requirements: str) -> str:
    pins = re.findall(r"^([\w.-]+)==(\S+)$", requirements, re.MULTILINE)
    rows = sorted(pins, key=lambda pin: pin[0].lower())
    return START + "".join(f"| {name} | {version} |\n" for name, version in rows)


def data_page(page: str) -> str:
    """The page with the table of replaced properties as the driver has it."""
    rows = "".join(f"{row}\n" for row in replacements.table())
    table = f"| property | value | in its place |\n|---|---|---|\n{rows}"
    return TABLE.sub(lambda _: table, page)


def main() -> None:
    PACKAGES.write_text(packages_page(REQUIREMENTS.read_text()))
    DATA.write_text(data_page(DATA.read_text()))


if __name__ == "__main__":
    main()
