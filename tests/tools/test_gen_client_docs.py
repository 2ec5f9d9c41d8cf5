"""The page of clients is current, and no client's tests are lost on the way to it."""

from pathlib import Path

import gen_client_docs as docs
import pytest


def test_page_is_current() -> None:
    assert docs.PAGE.read_text() == docs.page()


def test_every_client_is_on_the_page() -> None:
    named = [name for client in docs.clients() for name in client.tests]
    found = [str(path.relative_to(docs.TESTS)) for path in docs.TESTS.rglob("test_*.py")]
    assert sorted(named) == sorted(found)


def test_versions_are_those_that_are_pinned(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert docs.python("dbt", "dbt-core") == "1.11.16"
    (tmp_path / "requirements").mkdir()
    (tmp_path / "requirements" / "x.txt").write_text("a==1\na-b==2\nboto3[crt]==3\n")
    monkeypatch.setattr(docs, "TOP", tmp_path)
    assert (docs.python("x", "a"), docs.python("x", "boto3")) == ("1", "3")
    with pytest.raises(ValueError, match="has 0 lines"):
        docs.python("x", "c")
