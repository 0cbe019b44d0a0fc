"""What the pages and docstrings show is what happens: everything in them is run.

In docs/, a fence `sh` is run by bash and `pycon` as a doctest, one after the other in a folder of the page's own; a
fence `text` right behind an `sh` is what it prints, and only a command whose message is shown may fail. `yaml` with a
caption is a file that is saved; without, a piece of a configuration that must be valid. `console` and other fences are
only shown. Nothing is fetched but MNIST, if it is not in the cache.
"""

import contextlib
import doctest
import io
import os
import re
import shlex
import signal
import subprocess
import sys
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

import digitgen
from digitgen import build_dataset, load_config
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.cli import main
from digitgen.config.yamltree import read_yaml
from tests.pages import Block, blocks_of

ROOT = Path(__file__).parent.parent
PAGES = sorted((ROOT / "docs").glob("*.md"))
BEGINS_EMPTY = "first-hour"  # the page that builds everything itself; the others begin where the README's command ended
MODULES = [path for path in sorted((ROOT / "digitgen").rglob("*.py")) if ">>> " in path.read_text(encoding="utf-8")]
OPTIONS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
PLAIN = re.compile(r"digitgen [^|<>&;$`\\]*")  # one command, of which the shell would do nothing but run it
SHELL = 'set -euo pipefail; digitgen() { "$PYTHON" -m digitgen "$@"; }; python() { "$PYTHON" "$@"; }\n'


@pytest.fixture(scope="session")
def quickstart(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What the README's command leaves behind: a folder with configs/ and data/quickstart."""
    folder = tmp_path_factory.mktemp("home")
    (folder / "configs").symlink_to(ROOT / "configs")
    config = load_config(ROOT / "configs/quickstart.yaml")
    build_dataset(config, folder / "data/quickstart", jobs=1, fsync=False)
    return folder


def run_shell(block: Block) -> None:
    """Run a block of commands, and compare what they print with what the page shows."""
    lines = block.body.splitlines()
    code, printed = run_here(lines) if all(map(PLAIN.fullmatch, lines)) else run_bash(block.body)
    where = f"line {block.line}: {block.body}"
    assert code == 0 or block.output, f"{where} failed:\n{printed}"
    if block.output is not None:
        same = doctest.OutputChecker().check_output(block.output, printed, OPTIONS)
        assert same, f"{where}printed\n{printed}"


def run_bash(commands: str) -> tuple[int, str]:
    """The exit code of commands of the shell, and what they print."""
    environment = os.environ | {"PYTHON": sys.executable, "PYTHONPATH": str(ROOT), "NO_COLOR": "1"}
    done = subprocess.run(
        ["bash", "-c", SHELL + commands], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, env=environment
    )
    return done.returncode, done.stdout


def run_here(lines: list[str]) -> tuple[int, str]:
    """The same of nothing but digitgen, in this process: a new one for each takes longer than most of them."""
    out = io.TextIOWrapper(io.BytesIO(), encoding="utf-8", write_through=True)
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(out):
        code = next(filter(None, (main(shlex.split(line)[1:]) for line in lines)), 0)
    for number, handler in handlers.items():
        signal.signal(number, handler)
    out.seek(0)
    return code, out.read()


def run_doctest(text: str, names: dict[str, Any], name: str, line: int = 0) -> None:
    """Run the examples in a text; what they define stays in `names`."""
    test = doctest.DocTestParser().get_doctest(text, names, name, name, line)
    runner = doctest.DocTestRunner(optionflags=OPTIONS, verbose=False)
    told: list[str] = []
    runner.run(test, out=told.append, clear_globs=False)
    names.update(test.globs)
    assert not runner.failures, "".join(told)


def check_configuration(block: Block) -> None:
    """Load a piece of a configuration, with what it lacks from the quickstart's."""
    there = (ROOT / "configs/quickstart.yaml").read_text(encoding="utf-8")
    for key in read_yaml(block.body, "docs").value:
        there = re.sub(rf"^{key}:.*\n(?:(?:[ #].*)?\n)*", "", there, flags=re.MULTILINE)
    Path("piece.yaml").write_text(f"{there}\n{block.body}", encoding="utf-8")
    load_config("piece.yaml")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_what_a_page_shows_is_what_happens(
    page: Path, quickstart: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data").mkdir()
    for name in ["configs"] if page.stem == BEGINS_EMPTY else ["configs", "data/quickstart"]:
        (tmp_path / name).symlink_to(quickstart / name)
    names: dict[str, Any] = {}
    for block in blocks_of(page):
        match block.kind:
            case "sh":
                run_shell(block)
            case "pycon":
                run_doctest(block.body, names, page.name, block.line)
            case "yaml" if block.caption:
                Path(block.caption).write_text(block.body, encoding="utf-8")
            case "yaml":
                check_configuration(block)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: ".".join(path.relative_to(ROOT).with_suffix("").parts))
def test_the_examples_in_docstrings_are_true(path: Path, quickstart: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(quickstart)
    module = import_module(".".join(path.relative_to(ROOT).with_suffix("").parts))
    for test in doctest.DocTestFinder(exclude_empty=True).find(module):
        run_doctest(test.docstring or "", vars(digitgen) | vars(module), test.name, test.lineno or 0)


def test_the_table_of_steps_lists_them_all() -> None:
    page = (ROOT / "docs/augmentation.md").read_text(encoding="utf-8")
    assert re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE) == list(AUGMENTATIONS)


def test_files_and_modules_that_pages_name_are_there() -> None:
    for page in PAGES:
        text = page.read_text(encoding="utf-8")
        for path in re.findall(r"`((?:digitgen|tests|configs|benchmarks)/[\w./-]*)`", text):
            assert (ROOT / path).exists(), f"{page.name}: {path}"
    wings = {path.parent.name for path in (ROOT / "digitgen").glob("*/__init__.py")}
    architecture = (ROOT / "docs/architecture.md").read_text(encoding="utf-8")
    for wing, module in re.findall(rf"`({'|'.join(wings)})\.([a-z_]+)`", architecture):
        assert find_spec(f"digitgen.{wing}.{module}"), f"{wing}.{module}"
    rows = re.findall(r"^\| `(\w+)` \| [^|]+ \| ([^|]+) \|$", architecture.partition("Imports run")[0], re.MULTILINE)
    assert {wing for wing, _ in rows} == wings
    for wing, modules in rows:
        for module in re.findall(r"`(\w+)`", modules):
            assert find_spec(f"digitgen.{wing}.{module}"), f"{wing}.{module}"


def test_the_reference_has_every_public_name() -> None:
    page = (ROOT / "docs/api.md").read_text(encoding="utf-8")
    listed = set(re.findall(r":: digitgen\.(\w+)$", page, re.MULTILINE))
    assert listed == set(digitgen.__all__)


def test_every_page_is_reached_from_the_index() -> None:
    listed = re.findall(r"^([a-z-]+)$", (ROOT / "docs/index.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(listed) == sorted(page.stem for page in PAGES if page.stem != "index")


def test_a_wrong_output_on_a_page_is_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("```sh\necho 350\n```\n\n```text\n351\n```\n\n```pycon\n>>> 3 + 5\n9\n```\n", encoding="utf-8")
    shell, _, python = blocks_of(page)
    with pytest.raises(AssertionError, match="350"):
        run_shell(shell)
    with pytest.raises(AssertionError, match="Expected"):
        run_doctest(python.body, {}, "page")
