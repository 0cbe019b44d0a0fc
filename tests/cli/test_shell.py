"""Help, completions, and what a shell's user types."""

import io
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from digitgen import ConfigError, load_config
from digitgen.cli.program import main
from digitgen.version import VERSION

CONFIG = """\
name: piped
image_width: 168
splits: {train: {count: 5, source: mnist/train}}
sequence: {length: [1, 5]}
spacing: {range: [0, 7]}
"""


@pytest.fixture(autouse=True)
def _no_signals(monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave the signals of the tests' own process alone."""


@pytest.fixture
def stdin(monkeypatch: pytest.MonkeyPatch) -> None:
    """A configuration on the standard input."""
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(CONFIG.encode())))


def test_help_of_a_command_is_that_of_its_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["help", "build"]) == 0
    shown = capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(["build", "--help"])
    assert shown == capsys.readouterr().out
    assert main(["help"]) == 0
    assert "completion" in capsys.readouterr().out


@pytest.mark.parametrize("words", [["biuld", "x.yaml"], ["help", "biuld"]], ids=["command", "help"])
def test_a_misspelt_command_is_told_the_closest(words: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    try:
        code = main(words)
    except SystemExit as end:
        code = int(end.code or 0)
    error = capsys.readouterr().err
    assert (code, error.count("\n")) == (2, 1)
    assert error.startswith("digitgen: there is no command 'biuld'; did you mean build?")


def test_the_version_has_a_short_option(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["-V"]) == 0
    assert capsys.readouterr().out == f"{VERSION}\n"


@pytest.mark.parametrize("shell", ["bash", "zsh", "tcsh"])
def test_completions_know_every_command(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["completion", shell]) == 0
    script = capsys.readouterr().out
    assert all(word in script for word in ("build", "image", "mistakes", "--dry-run" if shell != "tcsh" else "schema"))
    if found := shutil.which(shell):
        subprocess.run([found, "-n"], input=script, text=True, check=True)


@pytest.mark.usefixtures("stdin")
def test_a_build_reads_its_configuration_from_stdin(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["build", "-", "--dry-run"]) == 0
    assert "train: 5 images in 1 file" in capsys.readouterr().out


def test_errors_of_stdin_name_their_line(monkeypatch: pytest.MonkeyPatch) -> None:
    narrow = CONFIG.replace("168", "120").encode()
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(narrow)))
    with pytest.raises(ConfigError, match=r"^stdin:2:14: 5 digits need at least 140 px"):
        load_config("-")


def test_a_dict_is_taken_for_a_configuration_and_its_errors_name_the_key() -> None:
    said = {
        "name": "said",
        "image_width": 168,
        "splits": {"train": {"count": 5, "source": "mnist/train"}},
        "sequence": {"length": (1, 5)},
        "spacing": {"range": [0, 7]},
    }
    assert load_config(said, ["seed=7"]).seed == 7
    with pytest.raises(ConfigError, match=r"^the configuration: algin: unknown key; did you mean align"):
        load_config(said | {"algin": "left"})
    with pytest.raises(ConfigError, match=r"^the configuration: takes what JSON has, no more: "):
        load_config(said | {"seed": object()})


def test_quiet_leaves_results_and_errors(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["image", "350", "-q"]) == 0
    assert tuple(capsys.readouterr()) == ("350.png\n", "")
    assert main(["verify", "absent", "-q"]) == 1
    assert capsys.readouterr().err == "digitgen: absent: there is no such dataset folder\n"
