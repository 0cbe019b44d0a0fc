"""The page about training shows what works: its blocks of Python are run, one after the other."""

from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from digitgen import build_dataset, load_config
from tests.pages import Block, blocks_of
from tests.test_docs import ROOT

pytestmark = [
    pytest.mark.training,
    pytest.mark.filterwarnings("ignore:'set_vital' is deprecated"),  # which torchdata calls
]


def blocks() -> list[Block]:
    """The blocks whose library is installed."""
    found = [block for block in blocks_of(ROOT / "docs/training.md") if block.kind == "python"]
    missing = [name for name in ("grain", "jax", "tensorflow") if not find_spec(name)]
    return [block for block in found if not any(f"import {name}" in block.body for name in missing)]


def test_the_blocks_of_the_page_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "configs").symlink_to(ROOT / "configs")
    config = load_config(ROOT / "configs/quickstart.yaml", ["splits.train.count=3000"])
    build_dataset(config, tmp_path / "data/quickstart", jobs=1, fsync=False)
    names: dict[str, Any] = {}
    for block in blocks():
        exec(compile(block.body, f"training.md, line {block.line}", "exec"), names)
    printed = capsys.readouterr().out
    assert "[40, 39]\n" in printed
    assert printed.splitlines().count("320") == 2
    assert len((tmp_path / "my-model.csv").read_text().splitlines()) == 2001
