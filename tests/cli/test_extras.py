"""What works without the libraries that only reports need."""

import subprocess
import sys
from pathlib import Path

import pytest

from digitgen.cli.program import main
from digitgen.glyphs.idx import encode_idx
from tests.conftest import coded_glyphs

CONFIG = """\
name: small
image_width: 168
splits: {train: {count: 20, source: {images: my-images, labels: my-labels}}}
sequence: {length: [1, 5]}
spacing: {range: [0, 7]}
augment: {sequence: [{step: elastic}, {step: gaussian_noise}]}
"""
WITHOUT = """\
import sys
sys.modules["scipy"] = sys.modules["matplotlib"] = None
from digitgen.cli import main
for command in ("build small.yaml --out set --jobs 1", "verify set --regenerate 5", "preview set",
                "preview -q small.yaml -o config.png", "augmentations", "schema"):
    assert main(command.split()) == 0, command
"""


def test_builds_checks_and_previews_need_neither_scipy_nor_matplotlib(tmp_path: Path) -> None:
    images, labels = coded_glyphs()
    (tmp_path / "my-images").write_bytes(encode_idx(images))
    (tmp_path / "my-labels").write_bytes(encode_idx(labels))
    (tmp_path / "small.yaml").write_text(CONFIG)
    done = subprocess.run([sys.executable, "-c", WITHOUT], cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


@pytest.mark.parametrize("command", ["report set", "inspect set", "mistakes set predictions.csv"])
@pytest.mark.parametrize(
    ("missing", "said"),
    [
        pytest.param(["scipy"], "scipy", id="scipy"),
        pytest.param(["matplotlib"], "matplotlib", id="matplotlib"),
        pytest.param(["scipy", "matplotlib"], "scipy and matplotlib", id="both"),
    ],
)
def test_reports_say_in_one_line_how_to_install_what_they_lack(
    command: str, missing: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for name in missing:
        monkeypatch.setitem(sys.modules, name, None)
    assert main(command.split()) == 1
    expected = f"digitgen: {said} must be installed for this; use: pip install 'mnist-digitgen[report]'\n"
    assert capsys.readouterr().err == expected
