"""From a YAML file to pages, with another alphabet than that of digits."""

import json
from pathlib import Path

import numpy as np
import pytest

from digitgen import DigitDataset
from digitgen.cli import program as cli
from digitgen.glyphs import places
from digitgen.glyphs.idx import encode_idx
from tests.letters import letters

CONFIG = """\
name: plates
seed: 7
image_width: 170
alphabet: "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-"
splits:
  train: {count: 1500, source: {images: images.idx, labels: labels.idx}, pool: [0, 0.6]}
  test: {count: 1100, source: {images: images.idx, labels: labels.idx}, pool: [0.6, 1]}
sequence: {pattern: "[A-Z]{2}[0-9]{2}"}
spacing: {range: [-3, 5]}
"""


@pytest.mark.usefixtures("no_plots")
def test_every_command_takes_an_alphabet(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The hyphen has no glyphs, and needs none: no string has it."""
    images, labels = letters(36, 10)
    (tmp_path / "images.idx").write_bytes(encode_idx(images))
    (tmp_path / "labels.idx").write_bytes(encode_idx(labels))
    (tmp_path / "plates.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(places.VARIABLE, raising=False)

    def run(*arguments: str) -> str:
        capsys.readouterr()
        assert cli.main(arguments) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    run("build", "plates.yaml", "--jobs", "1")
    assert "20 images made again" in run("verify", "data/plates", "--regenerate", "20", "--data-dir", ".")
    test = DigitDataset("data/plates", "test")[:]
    assert all(text[:2].isalpha() and text[2:].isdecimal() for text in test.texts)
    assert "The alphabet has 37 characters, each called a digit here: ABCDEFG" in run("inspect", "data/plates")
    run("report", "data/plates", "-o", "report.html")
    wanted = test.texts[3][1:3]
    for source in ("data/plates", "plates.yaml"):
        run("preview", source, "--split", "test", "--where", f"'{wanted}' in text", "-o", "sheet.png", "--force")
    read = [text.replace("Q", "O") for text in test.texts]
    Path("model.csv").write_text("id,prediction\n" + "".join(f"{k},{text}\n" for k, text in enumerate(read)))
    told = json.loads(run("mistakes", "data/plates", "model.csv", "--json", "-o", "mistakes.html"))
    assert [each["what"] for each in told["models"][0]["patterns"]] == ["Q read as O"]
    np.save("classes.npy", np.where(test.labels == 16, 14, test.labels))
    assert "classes: Q read as O: 100 % of errors" in run("mistakes", "data/plates", "classes.npy")
    for page in ("report.html", "mistakes.html"):
        assert "The alphabet has 37 characters" in Path(page).read_text(encoding="utf-8")
