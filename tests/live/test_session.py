"""The work for the live page: what is shown is what the build makes, and what is wrong is said where it is."""

import base64
import os
import shlex
import threading
import time
from io import BytesIO
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from digitgen.build import sources
from digitgen.build.build import build_dataset
from digitgen.cli import main
from digitgen.config.load import load_config
from digitgen.config.yamltree import read_yaml
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.errors import ArgumentError, ChangedError, ConfigError
from digitgen.live import loading
from digitgen.live.session import Session
from tests.conftest import CODED_CONFIG
from tests.errors import message_of

Recipe = dict[str, Any]


def ask(session: Session, recipe: Recipe, **view: Any) -> dict[str, Any]:
    """Have a recipe rendered; what has to be waited for is."""
    while "waiting" in (reply := session.render({"number": 1, "recipe": recipe, "view": view})):
        time.sleep(0.01)
    return reply


def errors(session: Session, recipe: Recipe) -> dict[tuple[Any, ...], str]:
    """What is wrong with a recipe, by key."""
    return {tuple(each["key"]): each["message"] for each in ask(session, recipe)["errors"]}


def pixels(reply: dict[str, Any]) -> np.ndarray:
    return np.asarray(Image.open(BytesIO(base64.b64decode(reply["sheet"]["png"]))))


# What is shown


@pytest.mark.parametrize(
    "view",
    [
        {},
        {"split": "noisy", "count": 48, "columns": 3, "boxes": True, "masks": True, "pairs": True},
        {"split": "gone", "count": 1},
    ],
)
def test_the_sheet_is_that_of_the_command_for_the_yaml(
    session: Session, recipe: Recipe, config: Path, view: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe["spacing"] = {"range": [-2, 6]}
    reply = ask(session, recipe, **view)
    monkeypatch.chdir(config.parent)
    program, *words = shlex.split(reply["commands"][1])  # which overrides the file
    assert program == "digitgen"
    assert main([*words, "-o", "sheet.png"]) == 0
    with Image.open("sheet.png") as sheet:
        assert (reply["sheet"]["width"], reply["sheet"]["height"]) == sheet.size
        assert np.array_equal(np.asarray(sheet), pixels(reply))
    session.save({"recipe": recipe})
    reply = ask(session, recipe, **view)
    program, *words = shlex.split(reply["commands"][1])
    assert not any("=" in word for word in words)
    assert main([*words, "-o", "saved.png"]) == 0
    assert Path("sheet.png").read_bytes() == Path("saved.png").read_bytes()


def test_large_images_are_shown_fewer_at_a_time(session: Session, recipe: Recipe) -> None:
    recipe["image_width"], recipe["image_height"] = 2000, 256
    reply = ask(session, recipe, count=12)
    assert len(reply["texts"]) == 8
    assert "--count 8" in reply["commands"][1]
    assert len(ask(session, recipe, count=12, pairs=True)["texts"]) == 4


def test_the_texts_are_those_of_the_build(session: Session, recipe: Recipe, config: Path, tmp_path: Path) -> None:
    reply = ask(session, recipe, split="noisy", count=20)
    build_dataset(load_config(config), tmp_path / "out", jobs=1, fsync=False)
    built = DigitDataset(tmp_path / "out", "noisy")[:20]
    assert reply["texts"] == [sample.text for sample in (built[index] for index in range(20))]
    assert reply["split"] == "noisy"
    assert reply["splits"] == ["train", "noisy"]


def test_laws_and_sizes_are_those_that_a_dry_run_tells(
    session: Session, recipe: Recipe, config: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    reply = ask(session, recipe)
    assert main(["build", str(config), "--dry-run"]) == 0
    told = capsys.readouterr().out
    for line in (*reply["laws"], *(each["message"] for each in reply["cautions"])):
        assert line in told
    assert f"would hold {reply['build']['bytes']:,} bytes" in told
    assert reply["build"]["images"] == 2800
    assert reply["build"]["images_per_second"] > 0
    assert shlex.split(reply["commands"][0]) == ["digitgen", "build", str(config)]


def test_a_caution_is_told_at_its_step(session: Session, recipe: Recipe) -> None:
    (told,) = ask(session, recipe)["cautions"]
    assert told["key"] == ["splits", "noisy", "augment", "sequence", 1]
    assert "translate can push a digit out" in told["message"]


def test_what_looks_wrong_with_files_is_told_at_their_source(
    session: Session, recipe: Recipe, capsys: pytest.CaptureFixture[str]
) -> None:
    recipe["splits"] = {
        "train": recipe["splits"]["train"] | {"source": recipe["splits"]["train"]["source"] | {"invert": True}}
    }
    told = [each for each in ask(session, recipe)["cautions"] if "invert" in each["message"]]
    assert [each["key"] for each in told] == [["splits", "train", "source"]] * len(told)
    assert capsys.readouterr() == ("", "")


# What is wrong


def test_what_is_wrong_is_said_at_its_key_and_nothing_is_shown(session: Session, recipe: Recipe) -> None:
    wrong = {
        ("image_width",): recipe | {"image_width": 20},
        ("spacing", "rnge"): recipe | {"spacing": {"rnge": [0, 1], "range": [0, 1]}},
        ("splits", "train", "count"): recipe | {"splits": {"train": recipe["splits"]["train"] | {"count": 0}}},
        ("augment", "sequence", 1, "sigma"): recipe
        | {"augment": {"sequence": [{"step": "rotate"}, {"step": "gaussian_blur", "sigma": [3, 1]}]}},
        ("augment", "glyphs", 0, "step"): recipe | {"augment": {"glyphs": [{"step": "rotat"}]}},
        ("splits",): recipe | {"allow_shared_glyphs": False},
        ("splits", "train", "source"): recipe | {"hand": "one"},
    }
    for key, each in wrong.items():
        reply = ask(session, each)
        assert [tuple(found["key"]) for found in reply["errors"]] == [key]
        assert "sheet" not in reply
        assert read_yaml(reply["yaml"], "said").value == each


def test_errors_are_in_the_words_of_the_command_line(session: Session, recipe: Recipe) -> None:
    recipe |= {"image_width": 60, "align": "middle"}
    assert errors(session, recipe) == {("align",): "must be one of center, left, right, random; got 'middle'"}
    assert errors(session, recipe | {"align": "left"}) == {
        ("image_width",): "4 digits need at least 103 px (each 28, smallest gap -3); image_width is 60"
    }


def test_anything_may_stand_in_a_recipe(session: Session, recipe: Recipe) -> None:
    odd: list[Any] = [None, True, -1, 1e300, "", "x", [], [[]], {}, {"": {}}, [{"step": []}]]
    for value in odd:
        for key in recipe:
            assert errors(session, recipe | {key: value}) or value in (True, -1, {}, "x")
        for key in ("source", "pool", "writers", "augment", "sequence", "same_as", "rows"):
            ask(session, recipe | {"splits": {"train": recipe["splits"]["train"] | {key: value}}})
        ask(session, recipe | {"augment": {"sequence": [value, {"step": "rotate", "angle": value}]}})
    assert errors(session, {})


@pytest.mark.parametrize(
    ("request_", "message"),
    [
        ({}, "recipe must be a section of keys and values; got None"),
        ({"recipe": []}, "recipe must be a section of keys and values; got []"),
        ({"recipe": {}, "view": {"count": 49}}, "count must be at least 1 and less than 49"),
        ({"recipe": {}, "view": {"columns": 0}}, "columns must be at least 1 and less than 9"),
        ({"recipe": {}, "view": {"boxes": 1}}, "boxes must be"),
        ({"recipe": {}, "view": {"split": 5}}, "split must be the name of one; got 5"),
        ({"recipe": {}, "view": {"seed": 5}}, "view must have keys of split, count, columns, boxes, masks, pairs"),
        ({"recipe": {}, "view": []}, "view must have keys of"),
    ],
)
def test_another_request_is_refused(session: Session, request_: dict[str, Any], message: str) -> None:
    assert message_of(session.render, request_).startswith(message)


# The files of a recipe


def test_files_that_the_configuration_does_not_name_are_not_opened(
    session: Session, recipe: Recipe, config: Path
) -> None:
    secret = config.parent / "secret"
    os.mkfifo(secret)  # to open it would never end
    said = "the live page reads only the files that CONFIG names"
    train = recipe["splits"]["train"]
    for path in ("secret", str(secret), "./images.idx/../secret", "images.idx\0"):
        asked = {
            ("splits", "train", "source", "images"): {
                "splits": {"train": train | {"source": train["source"] | {"images": path}}}
            },
            ("sequence", "strings"): {"sequence": {"strings": path}},
            ("sequence", "exclude", "strings"): {"sequence": {"length": 2, "exclude": {"strings": path}}},
            ("splits", "train", "sequence", "only", "strings"): {
                "splits": {"train": train | {"sequence": {"only": {"strings": path}}}}
            },
        }
        for key, keys in asked.items():
            assert errors(session, recipe | keys) == {key: said}
            with pytest.raises(ArgumentError, match=r"a recipe with errors is not saved: .*only the files"):
                session.save({"recipe": recipe | keys})
    there = train["source"] | {"images": str(config.parent / "." / "images.idx")}
    assert errors(session, recipe | {"splits": {"train": train | {"source": there}}}) == {}


def test_a_file_that_has_changed_is_read_again(session: Session, recipe: Recipe, config: Path) -> None:
    strings = config.parent / "strings.txt"
    strings.write_text("11\n22\n")
    recipe["sequence"] = {"strings": "strings.txt"}
    config.write_text(CODED_CONFIG.replace("{length: [1, 4]}", "{strings: strings.txt}"))
    session.start()
    assert set(ask(session, recipe)["texts"]) == {"11", "22"}
    strings.write_text("333\n4444\n")
    assert set(ask(session, recipe)["texts"]) == {"333", "4444"}
    strings.unlink()
    assert list(errors(session, recipe)) == [("sequence", "strings")]


# To start, and to save


def test_the_page_starts_from_the_file(session: Session, recipe: Recipe) -> None:
    start = session.start()
    assert (start["config"], start["recipe"], start["yaml"]) == ("small.yaml", recipe, CODED_CONFIG)
    assert start["problem"] is None
    assert start["controls"]["steps"]["rotate"]


def test_without_a_file_the_page_starts_from_quickstart_and_saves_nothing(recipe: Recipe) -> None:
    session = Session(None)
    start = session.start()
    assert start["config"] is None
    assert start["recipe"]["name"] == "quickstart"
    assert "there is no file to save to" in message_of(session.save, {"recipe": start["recipe"]})
    assert errors(session, recipe)  # which names files


def test_a_file_that_cannot_be_read_is_told_of_and_never_written(config: Path) -> None:
    for text, problem in {
        "a: [": "small.yaml:",
        "- 1\n": "must be a section of keys and values",
        "": "the file is empty",
        "\xff": "not UTF-8",
        "seed: .inf": "has an infinite number",
    }.items():
        config.write_bytes(text.encode("latin-1"))
        session = Session(config)
        start = session.start()
        assert problem in start["problem"]
        assert start["config"] is None
        assert start["recipe"]["name"] == "quickstart"
        assert "there is no file to save to" in message_of(session.save, {"recipe": start["recipe"]})
        assert config.read_bytes() == text.encode("latin-1")


def test_a_file_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="there is no such file"):
        Session(tmp_path / "none.yaml")
    with pytest.raises(ConfigError, match="is no file"):
        Session(tmp_path)


def test_saving_keeps_comments_and_whoever_may_read_the_file(session: Session, recipe: Recipe, config: Path) -> None:
    config.chmod(0o600)
    reply = session.save({"recipe": recipe | {"image_width": 140}})
    assert reply == {"saved": "small.yaml", "yaml": CODED_CONFIG.replace("130  # px", "140  # px"), "note": None}
    assert config.read_text() == reply["yaml"]
    assert config.stat().st_mode & 0o777 == 0o600
    assert sorted(path.name for path in config.parent.iterdir()) == ["images.idx", "labels.idx", "small.yaml"]
    assert session.start()["recipe"] == recipe | {"image_width": 140}


def test_a_link_to_the_file_stays_one(config: Path, recipe: Recipe, tmp_path: Path) -> None:
    (tmp_path / "link.yaml").symlink_to(config)
    Session(tmp_path / "link.yaml").save({"recipe": recipe | {"seed": 6}})
    assert (tmp_path / "link.yaml").is_symlink()
    assert config.read_text() == CODED_CONFIG.replace("seed: 5", "seed: 6")


def test_comments_that_cannot_be_kept_are_told_of(config: Path, recipe: Recipe) -> None:
    config.write_text(CODED_CONFIG.replace("train: {", "train: &train {").replace("seed: 5", "seed: 5  # any"))
    reply = Session(config).save({"recipe": recipe | {"seed": 6}})
    assert reply["note"] == "its comments could not be kept"
    assert load_config(config).seed == 6


def test_a_file_that_somebody_else_has_changed_is_not_written_unless_asked(
    session: Session, recipe: Recipe, config: Path
) -> None:
    theirs = CODED_CONFIG + "align: left\n"
    config.write_text(theirs)
    with pytest.raises(ChangedError, match="changed by somebody else"):
        session.save({"recipe": recipe})
    assert config.read_text() == theirs
    session.save({"recipe": recipe, "force": True})
    assert config.read_text() == CODED_CONFIG
    session.save({"recipe": recipe | {"seed": 7}})
    config.unlink()
    with pytest.raises(ChangedError, match="not there any more"):
        session.save({"recipe": recipe})
    session.save({"recipe": recipe, "force": True})
    assert config.read_text().startswith("# What this is.")


def test_a_recipe_with_errors_is_not_saved(session: Session, recipe: Recipe, config: Path) -> None:
    wrong = recipe | {"image_width": 20, "seed": -1}
    assert "a recipe with errors is not saved: seed: " in message_of(session.save, {"recipe": wrong})
    shared = recipe | {"allow_shared_glyphs": False}
    assert "splits: train and noisy can use the same glyphs" in message_of(session.save, {"recipe": shared})
    assert "force must be true or false" in message_of(session.save, {"recipe": recipe, "force": 1})
    assert config.read_text() == CODED_CONFIG


def test_a_split_is_shown_while_the_source_of_another_is_loaded(
    session: Session, recipe: Recipe, monkeypatch: pytest.MonkeyPatch
) -> None:
    event, load = threading.Event(), sources.load_source
    ask(session, recipe)
    monkeypatch.setattr(loading, "_AT_ONCE", 0.01)
    monkeypatch.setattr(sources, "load_source", lambda *given: event.wait(5) and load(*given))
    other = recipe["splits"]["noisy"]["source"] | {"invert": True}
    recipe["splits"] = recipe["splits"] | {"noisy": {"count": 5, "source": other}}
    reply = session.render({"number": 1, "recipe": recipe})
    assert len(reply["texts"]) == 12
    assert reply["unfinished"]
    assert "build" not in reply
    assert reply["cautions"][-1] == {
        "key": ["splits", "noisy", "source"],
        "message": "is being loaded; the split is not checked yet",
    }
    assert "waiting" in session.render({"number": 2, "recipe": recipe, "view": {"split": "noisy"}})
    event.set()
    assert ask(session, recipe, split="noisy")["build"]["images"] == 2505
