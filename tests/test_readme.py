"""What the README shows is what happens."""

import re
import shlex
from configparser import ConfigParser
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from digitgen import load_config
from digitgen.cli.program import _parse, main

ROOT = Path(__file__).parent.parent
README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_the_example_in_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    example = re.search(r"```python\n(.*?)```", README, re.DOTALL)
    assert example
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    exec(example[1], {})


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


def test_every_picture_is_shown_with_an_alternative_text_and_made_by_the_command_for_pictures() -> None:
    pages = [README, *(page.read_text(encoding="utf-8") for page in (ROOT / "docs").glob("*.md"))]
    form = r'<img src="(?P<src>[^"]+)"[^>]* alt="[^"]+"|!\[[^\]]+\]\((?P<link>[^)]+)\)'
    shown = {Path(each["src"] or each["link"]).name for page in pages for each in re.finditer(form, page)}
    there = {path.name for path in (ROOT / "configs/pictures").iterdir() if path.suffix in (".png", ".webp")}
    assert shown == there
    maker = (ROOT / "configs/pictures/make.py").read_text(encoding="utf-8")
    assert all(name in maker or name.removesuffix(".png").isdigit() for name in there)


def test_it_can_be_read_in_two_minutes() -> None:
    assert len(README.splitlines()) <= 200
    assert len(README.encode()) <= 12_000


def test_the_table_of_commands_has_the_commands_of_the_program(capsys: pytest.CaptureFixture[str]) -> None:
    shown = re.findall(r"^\| `digitgen ([a-z]+)[^|]*(?:\\\|[^|]*)?` \|", README, re.MULTILINE)
    with pytest.raises(SystemExit):
        main([])
    assert f"a command is needed: {', '.join(shown[:-1])} or {shown[-1]}" in capsys.readouterr().err


def test_the_table_of_dependencies_has_the_bounds_of_the_setup() -> None:
    setup = ConfigParser()
    setup.read(ROOT / "setup.cfg", encoding="utf-8")
    formats = ("parquet", "webdataset", "lmdb", "mds", "croissant")
    shown_extras = ("cloud", "dask", "ray", "report", "torch", *formats, "test", "dev", "docs")
    extras = [setup["options.extras_require"][extra] for extra in shown_extras]
    wanted = "\n".join([setup["options"]["install_requires"], *extras]).split("\n")
    table = README.partition("|---|---|---|\n| numpy")[2].partition("\n\n")[0]
    shown = ", ".join(re.findall(r"^\| ([^|]+) \|", f"| numpy{table}", re.MULTILINE)).split(", ")
    assert sorted(shown) == sorted({each.partition(";")[0].strip() for each in wanted if each and "[" not in each})


@pytest.mark.parametrize("name", ["README.md", "CHANGELOG.md"])
def test_links_lead_to_what_is_in_the_repository(name: str) -> None:
    links = re.findall(r'\]\(([^)]+)\)|src="([^"]+)"', (ROOT / name).read_text(encoding="utf-8"))
    for link in filter(None, (link or source for link, source in links)):
        target, _, anchor = link.partition("#")
        assert (ROOT / target).is_file(), link
        headings = re.findall(r"^#+ (.*)$", (ROOT / target).read_text(encoding="utf-8"), re.MULTILINE) if anchor else []
        assert anchor in ["", *(heading.lower().replace(" ", "-") for heading in headings)], link
