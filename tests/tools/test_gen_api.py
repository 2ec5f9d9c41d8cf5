"""What tools/gen_api.py makes of a model, and which models it refuses."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import gen_api
import pytest

Json = dict[str, Any]

MODEL: Json = {
    "service": "demo",
    "title": "Demo",
    "version": "2026-01-01",
    "protocol": "json",
    "target": "Demo",
    "operations": {
        "ListThings": {
            "input": "ListThingsInput",
            "output": "ListThingsOutput",
            "errors": ["Broken"],
            "paging": "Things",
            "summary": "Lists things.",
        }
    },
    "shapes": {
        "Broken": {"type": "structure", "exception": "client", "members": {"Message": "Text"}},
        "Kind": {"type": "string", "enum": ["BIG", "not-so-big"]},
        "ListThingsInput": {"type": "structure", "required": ["Text"], "members": {"Text": "Text"}},
        "ListThingsOutput": {"type": "structure", "members": {"Things": "Things"}},
        "Text": {"type": "string", "min": 1, "max": 9, "pattern": '\\S"?'},
        "Thing": {"type": "structure", "members": {"Kind": "Kind", "Double": "Size"}},
        "Size": {"type": "double"},
        "Things": {"type": "list", "member": "Thing"},
    },
}


def write_model(folder: Path, change: Callable[[Json], object] = lambda _: None) -> str:
    model = json.loads(json.dumps(MODEL))
    change(model)
    path = folder / "demo.json"
    path.write_text(json.dumps(model))
    return str(path)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("SessionId", "session_id"),
        ("StdOutS3Uri", "std_out_s3_uri"),
        ("ApplicationDPUSizes", "application_dpu_sizes"),
        ("ResourceARN", "resource_arn"),
        ("KmsKeyArn", "kms_key_arn"),
        ("S3AclOption", "s3_acl_option"),
        ("userIdType", "user_id_type"),
        ("CreatePresignedNotebookUrl", "create_presigned_notebook_url"),
    ],
)
def test_names_in_c(name: str, expected: str) -> None:
    assert gen_api.snake(name) == expected


def test_words_of_c_are_avoided() -> None:
    assert gen_api.c_field("Double") == "double_"


def test_patterns_for_pcre() -> None:
    pattern = r"[\u0020-\uD7FF\uE000-\uFFFD\uD800\uDC00-\uDBFF\uDFFF\t]*"
    expected = r"[\x{0020}-\x{D7FF}\x{E000}-\x{FFFD}\x{10000}-\x{10FFFF}\t]*"
    assert gen_api.c_regex(pattern) == expected


def test_header(tmp_path: Path) -> None:
    header = gen_api.text_of(gen_api.emit_header(gen_api.read_service(write_model(tmp_path))))
    assert "    DEMO_KIND_ABSENT,\n    DEMO_KIND_BIG,\n    DEMO_KIND_NOT_SO_BIG,\n" in header
    assert "    struct demo_thing *items;\n" in header
    assert (
        "struct demo_thing {\n    enum demo_kind kind;\n    struct model_double double_;\n"
        in header
    )
    assert "demo_broken" not in header  # exceptions are answered by the error table


def test_source(tmp_path: Path) -> None:
    source = gen_api.text_of(gen_api.emit_source(gen_api.read_service(write_model(tmp_path))))
    assert 'pattern_text = {"\\\\S\\"\\?", "\\\\S\\"\\?", NULL};' in source
    assert '.place = {"text", 4}' in source
    assert ".required = true" in source
    assert '.paging = {"Things", 6}' in source


def drop_shape(model: Json) -> None:
    del model["shapes"]["Thing"]


def require_unknown(model: Json) -> None:
    model["shapes"]["ListThingsInput"]["required"] = ["Other"]


def cross_bounds(model: Json) -> None:
    model["shapes"]["Text"].update(min=10)


def bound_a_double(model: Json) -> None:
    model["shapes"]["Size"]["max"] = 1


def forget_the_summary(model: Json) -> None:
    model["operations"]["ListThings"]["summary"] = ""


def raise_no_exception(model: Json) -> None:
    model["operations"]["ListThings"]["errors"] = ["Thing"]


def page_through_nothing(model: Json) -> None:
    model["operations"]["ListThings"]["paging"] = "Others"


def collide(model: Json) -> None:
    model["shapes"]["Thing"]["members"] = {"KindA": "Kind", "kindA": "Kind"}


def unsort(model: Json) -> None:
    model["operations"]["AThing"] = model["operations"]["ListThings"]


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (drop_shape, "shape Things: no shape Thing"),
        (require_unknown, "requires Other"),
        (cross_bounds, "min is above max"),
        (bound_a_double, "a double cannot have bounds"),
        (forget_the_summary, "summary must be a sentence"),
        (raise_no_exception, "Thing is no exception"),
        (page_through_nothing, "has no Others"),
        (collide, "the same name in C"),
        (unsort, "sorted by name"),
    ],
)
def test_broken_models_are_refused(
    tmp_path: Path, change: Callable[[Json], object], words: str
) -> None:
    with pytest.raises(gen_api.ModelError, match=words):
        gen_api.read_service(write_model(tmp_path, change))


def test_a_stale_reference_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    model, page = write_model(tmp_path), tmp_path / "operations.md"
    assert gen_api.write_reference(page, [model], check_only=True) == 1
    assert "is stale" in capsys.readouterr().err
    assert gen_api.write_reference(page, [model], check_only=False) == 0
    assert gen_api.write_reference(page, [model], check_only=True) == 0
    page.write_text(page.read_text() + "more\n")
    assert gen_api.write_reference(page, [model], check_only=True) == 1
