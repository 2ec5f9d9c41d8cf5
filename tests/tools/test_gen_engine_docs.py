"""What docs/ says of the engine is current."""

import gen_engine_docs as docs


def test_packages_are_current() -> None:
    page = docs.packages_page(docs.REQUIREMENTS.read_text())
    assert docs.PACKAGES.read_text() == page
    assert "| pyspark | 3.5.7 |" in page


def test_replacements_are_current() -> None:
    page = docs.DATA.read_text()
    assert docs.data_page(page) == page
    assert "magicv2" in page
