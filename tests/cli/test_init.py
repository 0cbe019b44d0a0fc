"""Configurations without a clone: what `digitgen init` writes."""

import json
from pathlib import Path

import pytest

from digitgen import load_config
from digitgen.cli.program import main
from digitgen.config.schema import json_schema

CONFIGS = Path(__file__).parents[2] / "configs"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Run in a folder that is empty."""
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", sorted(path.stem for path in CONFIGS.glob("*.yaml")))
def test_every_shipped_configuration_is_written_with_the_schema_that_completes_it(
    name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["init", name]) == 0
    assert capsys.readouterr().out == f"{name}.yaml\ndigitgen-schema.json\n"
    assert Path(f"{name}.yaml").read_text().startswith("# yaml-language-server: $schema=digitgen-schema.json\n")
    assert load_config(f"{name}.yaml").to_yaml() == load_config(CONFIGS / f"{name}.yaml").to_yaml()
    assert json.loads(Path("digitgen-schema.json").read_text()) == json.loads(json_schema())


def test_quickstart_is_written_unless_told_and_is_not_replaced(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init"]) == 0
    Path("quickstart.yaml").write_text("mine")
    assert main(["init"]) == 1
    assert Path("quickstart.yaml").read_text() == "mine"
    assert capsys.readouterr().err.startswith("digitgen: quickstart.yaml exists;")


def test_an_unknown_name_is_told_which_there_are(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["init", "slow"]) == 2
    assert capsys.readouterr().err.startswith("digitgen: digitgen has no configuration 'slow'; it has augmented, ")
