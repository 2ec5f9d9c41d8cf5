"""Athena's DDL in Spark's words, made on tokens: what is quoted stays as it is."""

import re
from collections.abc import Iterator

TOKEN = re.compile(
    r"""
    (?P<blank>\s+|--[^\n]*|/\*.*?\*/)
  | (?P<text>'(?:\\.|''|[^'\\])*')
  | (?P<double>"(?:\\.|""|[^"\\])*")
  | (?P<name>`(?:``|[^`])*`|[\w$]+)
  | (?P<sign>.)
    """,
    re.VERBOSE | re.DOTALL,
)
OWN_CATALOG = "awsdatacatalog"


class Token:
    """A piece of a statement; `word` is upper case, and empty for what is quoted."""

    def __init__(self, kind: str, text: str) -> None:
        self.kind = kind
        self.text = text
        self.word = text.upper() if kind in ("name", "sign") and text[0] != "`" else ""


def tokens(statement: str) -> list[Token]:
    return [Token(str(m.lastgroup), m.group()) for m in TOKEN.finditer(statement)]


def unquoted(text: str) -> str:
    """The value of a string or of a quoted name."""
    quote = text[0]
    inner = text[1:-1].replace(quote * 2, quote)
    return inner if quote == "`" else re.sub(r"\\(.)", r"\1", inner)


def _names_in_backticks(parts: list[Token]) -> None:
    """Views are Trino's in Athena: there double quotes stand around names."""
    for part in parts:
        if part.kind == "double":
            name = unquoted(part.text).replace("`", "``")
            part.kind, part.text = "name", f"`{name}`"


def _drop_catalog(parts: list[Token]) -> None:
    """awsdatacatalog.db.table is db.table: Spark knows the catalog by another name."""
    for i in range(len(parts) - 1):
        name = parts[i].text.strip("`").lower() if parts[i].kind == "name" else ""
        if name == OWN_CATALOG and parts[i + 1].text == ".":
            parts[i].text = parts[i + 1].text = ""
            return


def _pairs(parts: list[Token], start: int) -> Iterator[tuple[str, str, list[Token]]]:
    """Keys and values of TBLPROPERTIES ( 'key' = 'value', ... ), with the tokens of each pair."""
    pair: list[Token] = []
    for part in parts[start:]:
        if part.text == ")":
            break
        pair.append(part)
        texts = [p.text for p in pair if p.kind in ("text", "double")]
        if len(texts) == 2:
            yield unquoted(texts[0]), unquoted(texts[1]), pair
            pair = []


def _is_iceberg(parts: list[Token]) -> bool:
    """True for 'table_type' = 'ICEBERG', which is taken out: Iceberg itself sets it."""
    words = [part.word for part in parts]
    if "TBLPROPERTIES" not in words:
        return False
    start = words.index("TBLPROPERTIES")
    start = next((i + 1 for i in range(start, len(parts)) if parts[i].text == "("), len(parts))
    for key, value, pair in _pairs(parts, start):
        if key.lower() == "table_type" and value.upper() == "ICEBERG":
            for part in pair:
                part.text = ""
            _mend_list(parts, start)
            return True
    return False


def _mend_list(parts: list[Token], start: int) -> None:
    """A list whose first pair is gone starts without a comma; an empty one needs a pair."""
    for part in parts[start:]:
        if part.text == ")":
            part.text = "'format-version'='2')"
            return
        if part.text == ",":
            part.text = ""
            return
        if part.text.strip() and part.kind != "blank":
            return


def _use_iceberg(parts: list[Token]) -> None:
    """USING iceberg follows the list of columns."""
    depth = 0
    for part in parts:
        depth += (part.text == "(") - (part.text == ")")
        if part.text == ")" and depth == 0:
            part.text = ") USING iceberg"
            return


def translate(kind: str, statement: str) -> str:
    """The statement for Spark; `kind` is its SubstatementType."""
    parts = tokens(statement)
    if kind == "DROP_VIEW":
        _names_in_backticks(parts)
    _drop_catalog(parts)
    if kind == "CREATE_TABLE" and _is_iceberg(parts):
        _use_iceberg(parts)
    text = "".join(part.text for part in parts)
    # With its data, which Athena removes for Iceberg's tables; that of other external tables stays.
    return f"{text}\nPURGE" if kind == "DROP_TABLE" else text
