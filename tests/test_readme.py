"""What the README shows is what happens."""

import re
import shlex
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitgen import ConfigError, build_dataset, load_config
from digitgen.cli.program import _parse

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_in_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    config = load_config("configs/quickstart.yaml", ["splits.train.count=100"])
    build_dataset(config, "data/quickstart", jobs=1, fsync=False)
    exec(example[1], {})


def test_the_shown_mistakes_are_told_as_shown(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    shown = re.findall(r"^digitgen: (configs/quickstart\.yaml:.*)$", README, re.MULTILINE)
    assert len(shown) == 2
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").mkdir()
    text = (ROOT / "configs/quickstart.yaml").read_text(encoding="utf-8")
    mistakes = [("align:", "algin:"), ("image_width: 168", "image_width: 120")]
    for (right, wrong), message in zip(mistakes, shown, strict=True):
        (tmp_path / "configs/quickstart.yaml").write_text(text.replace(right, wrong))
        with pytest.raises(ConfigError) as told:
            load_config("configs/quickstart.yaml")
        assert str(told.value) == message


def test_the_shown_configuration_is_the_shipped_one_with_its_defaults(tmp_path: Path) -> None:
    example = re.search(r"```yaml\n(.*?)```", README, re.DOTALL)
    assert example
    (tmp_path / "config.yaml").write_text(example[1])
    shown, shipped = (load_config(path) for path in (tmp_path / "config.yaml", ROOT / "configs/quickstart.yaml"))
    assert shown.to_yaml() == shipped.to_yaml()


def test_every_shown_command_is_one_that_the_command_line_takes() -> None:
    shown = re.findall(r"`(digitgen (?:image|build|preview|report|inspect) [^`\[\]A-Z]*)`", README)
    assert len(shown) >= 5
    for command in shown:
        assert _parse(shlex.split(command)[1:]).run


@pytest.mark.parametrize("name", ["350", "0072", "31415926", "8888"])
def test_the_pictures_are_made_by_the_commands_beside_them(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = re.search(rf"configs/pictures/{name}\.png.*`digitgen (image {name} [^`]*)`", README)
    assert command
    monkeypatch.chdir(tmp_path)
    arguments = _parse(shlex.split(command[1]))
    assert arguments.run(arguments) == 0
    made, shown = (np.asarray(Image.open(path / f"{name}.png")) for path in (tmp_path, ROOT / "configs/pictures"))
    assert np.array_equal(made, shown)


def test_every_picture_is_made_by_the_command_for_pictures_and_has_an_alternative_text() -> None:
    shown = re.findall(r'<img src="configs/pictures/([^"]+)"[^>]* alt="([^"]+)"', README)
    linked = re.findall(r"configs/pictures/([^\s\")]+\.png)", README)
    assert {name for name, _ in shown} | {"augmentations.png"} == set(linked)
    there = {path.name for path in (ROOT / "configs/pictures").glob("*.png")}
    assert there == set(linked)
    maker = (ROOT / "configs/pictures/make.py").read_text(encoding="utf-8")
    assert all(name in maker or name.removesuffix(".png").isdigit() for name in there)
