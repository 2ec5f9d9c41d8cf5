"""The reference page of errors is current, and no row of the table is lost on the way to it."""

import gen_errors
import pytest


def test_page_is_current() -> None:
    assert gen_errors.PAGE.read_text() == gen_errors.page_of(gen_errors.SOURCE.read_text())


def test_every_row_is_on_the_page() -> None:
    sections = dict(gen_errors.read_rows(gen_errors.SOURCE.read_text()))
    rows = [row for part in sections.values() for row in part]
    assert len({row.code for row in rows}) == len(rows)
    by_code = {row.code: row for row in rows}
    forms = by_code["ERR_UNRECOGNIZED_CLIENT"].forms
    assert forms == [
        ("UnrecognizedClientException", "400"),
        ("InvalidAccessKeyId", "403"),
        ("InvalidClientTokenId", "403"),
    ]


def test_a_row_of_another_form_is_an_error() -> None:
    with pytest.raises(ValueError, match="only 0 of 1 rows"):
        gen_errors.page_of('/* Some heading */\nERR_ROW(ERR_X, "Name", 400)\n')
