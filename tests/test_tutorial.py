"""The tutorial: what its page shows is run, as a script and as a notebook, with fewer steps of training."""

import json
import os
import re
import runpy
import shlex
import sys
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from digitgen.cli import main
from tests import tutorial

FEW = 200
"""Steps of training; the page takes more."""


def test_the_notebook_is_the_page() -> None:
    assert tutorial.NOTEBOOK.read_text(encoding="utf-8") == tutorial.notebook_text(), "python -m tests.tutorial"


def test_the_tutorial_takes_less_than_forty_lines_of_python_and_torch_alone() -> None:
    script = tutorial.script()
    assert len([line for line in script.splitlines() if line.strip()]) < 40
    assert set(re.findall(r"^(?:from|import) (\w+)", script, re.MULTILINE)) == {"digitgen", "torch"}


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder to work in, with the command `digitgen`."""
    monkeypatch.chdir(tmp_path)
    command = tmp_path / "bin/digitgen"
    command.parent.mkdir()
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m digitgen "$@"\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", f"{command.parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.setenv("PYTHONPATH", str(tutorial.ROOT))
    return tmp_path


@pytest.fixture
def one_thread() -> Iterator[None]:
    """PyTorch with one thread, and with weights that are the same each time."""
    torch = pytest.importorskip("torch", reason="the extra `torch` is not installed")
    threads = torch.get_num_threads()
    torch.set_num_threads(1)
    torch.manual_seed(0)
    yield
    torch.set_num_threads(threads)


def run(kind: str) -> None:
    """Run the commands of the page's blocks of a kind."""
    for command in tutorial.commands(kind):
        program, *arguments = shlex.split(command)
        assert program == "digitgen"
        assert main(arguments) == 0


@pytest.mark.training
@pytest.mark.usefixtures("one_thread")
def test_the_script_trains_a_reader_and_shows_its_mistakes(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    name, text = tutorial.configuration().caption, tutorial.configuration().body
    Path(name).write_text(text)
    run("sh")
    script = home / "train.py"
    script.write_text(tutorial.with_steps(tutorial.script(), FEW))
    capsys.readouterr()
    found = runpy.run_path(str(script))
    printed = capsys.readouterr().out
    before = float(re.findall(r"step 0: loss ([\d.]+)", printed)[0])
    assert found["loss"].item() < before / 10
    right = float(re.findall(r"([\d.]+)% of 2,000 strings are read without a mistake", printed)[0])
    assert right > 15  # guessing reads 2 %
    run("console")
    printed = capsys.readouterr().out
    wrong = sum(read != true for read, true in zip(found["texts"], found["test"][:].texts, strict=True))
    assert f"predictions: {wrong:,} of 2,000 sequences wrong" in printed
    assert "<html" in (home / "mistakes.html").read_text()


@pytest.mark.training
def test_the_notebook_runs_and_shows_its_dataset_and_a_bar_of_its_own(home: Path) -> None:
    for library in ("torch", "ipykernel", "ipywidgets"):
        pytest.importorskip(library, reason=f"{library} is not installed; the extras `torch` and `notebook` have it")
    nbformat = pytest.importorskip("nbformat", reason="the extra `notebook` is not installed")
    nbclient = pytest.importorskip("nbclient", reason="the extra `notebook` is not installed")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of other people's libraries
        cells = nbformat.reads(tutorial.notebook_text(steps=30), as_version=4)
        nbformat.validate(cells)
        check = "from digitgen import verify_dataset\nverify_dataset('data/tutorial', progress=True).ok"
        cells.cells.append(nbformat.v4.new_code_cell(check))
        nbclient.NotebookClient(
            cells, kernel_name="python3", timeout=300, resources={"metadata": {"path": home}}
        ).execute()
    outputs = [output for cell in cells.cells if cell.cell_type == "code" for output in cell.outputs]
    shown = [output["data"] for output in outputs if "data" in output]
    assert any("<img src=" in "".join(data.get("text/html", "")) for data in shown)
    assert any("application/vnd.jupyter.widget-view+json" in data for data in shown)
    assert shown[-1]["text/plain"] == "True"
    assert (home / "mistakes.html").exists()


def test_the_notebook_has_no_outputs_that_go_stale() -> None:
    cells = json.loads(tutorial.NOTEBOOK.read_text(encoding="utf-8"))["cells"]
    assert all(not cell["outputs"] and cell["execution_count"] is None for cell in cells if cell["cell_type"] == "code")
