"""The command line: results on stdout, everything else on stderr, and exit codes that scripts can trust."""

import errno
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from unittest.mock import Mock

import numpy as np
import pytest
from PIL import Image

import digitgen
from digitgen import files
from digitgen.augment.steps import AUGMENTATIONS
from digitgen.build import array, build
from digitgen.build.verify import verify_dataset
from digitgen.cli import program as cli
from digitgen.cli.output import output_paths
from digitgen.compose.generate import generate_numbers_sequence
from digitgen.config.schema import json_schema
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import JOURNAL_NAME, read_manifest
from digitgen.errors import ArgumentError, ConfigError, DatasetError, SourceError
from digitgen.glyphs import cache, fetch, places
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.digits import Digits
from digitgen.glyphs.idx import encode_idx
from digitgen.glyphs.mnist import MNIST
from digitgen.rng import as_generator
from tests.conftest import coded_glyphs
from tests.errors import naming

COMMANDS = [
    "build",
    "finish",
    "image",
    "verify",
    "fetch",
    "augmentations",
    "try",
    "preview",
    "report",
    "inspect",
    "mistakes",
    "measure",
    "calibrate",
    "export",
    "croissant",
    "schema",
]
COMMANDS += ["init", "help", "completion"]
ALL_COMMANDS = f"{', '.join(COMMANDS[:-1])} or {COMMANDS[-1]}"
IMAGE = ["image", "350", "--min-spacing", "2", "--max-spacing", "8", "--image-width", "120"]
CONFIG = """\
name: small
seed: 5
image_width: 168
splits:
  train: {count: 30, source: {images: my-images, labels: my-labels}}
sequence: {length: [1, 5]}
spacing: {range: [0, 7]}
"""


@dataclass(frozen=True)
class Run:
    """What a run of the command line came to."""

    code: int
    out: str
    err: str

    def assert_failed(self, code: int, *messages: str) -> None:
        """It ended with this code and these messages, a line each, and without a result."""
        assert (self.code, self.out, self.err) == (code, "", "".join(f"{message}\n" for message in messages))


Cli = Callable[..., Run]


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Iterator[Cli]:
    """Run the command line in a folder that holds a small configuration and its glyphs.

    ``mnist/train`` is the synthetic bank here, which loads in no time.
    """
    images, labels = coded_glyphs()
    (tmp_path / "my-images").write_bytes(encode_idx(images))
    (tmp_path / "my-labels").write_bytes(encode_idx(labels))
    (tmp_path / "small.yaml").write_text(CONFIG)
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(places.VARIABLE, raising=False)
    rows, files = np.arange(len(labels)), MNIST.parts["train"]
    monkeypatch.setattr(fetch, "load_digits", lambda name, *_, **__: Digits(name, images, labels, rows, files))
    monkeypatch.setattr("digitgen.glyphs.prepared.PREPARED", {})

    def run(*arguments: str) -> Run:
        try:
            code = cli.main(arguments)
        except SystemExit as end:
            assert isinstance(end.code, int)
            code = end.code
        captured = capsys.readouterr()
        assert "Traceback" not in captured.err
        return Run(code, captured.out, captured.err)

    # Where the tests run in the background of a shell, SIGINT is ignored, and commands then leave it so.
    handlers = {number: signal.signal(number, signal.SIG_DFL) for number in (signal.SIGINT, signal.SIGTERM)}
    yield run
    for number, handler in handlers.items():
        signal.signal(number, handler)


def tree(folder: Path) -> set[str]:
    """Every file and folder below a folder."""
    return {str(path.relative_to(folder)) for path in folder.rglob("*")}


@pytest.fixture
def unchanged(run: Cli, tmp_path: Path) -> Iterator[None]:  # noqa: ARG001
    """The test leaves no file or folder that was not there before it ran anything."""
    before = tree(tmp_path)
    yield
    assert tree(tmp_path) == before


def pixels(path: Path | str) -> np.ndarray:
    """A PNG's pixels, (28, W) uint8."""
    with Image.open(path) as image:
        assert (image.format, image.mode) == ("PNG", "L")
        return np.asarray(image)


# What every command has in common


def test_version_prints_that_of_the_package(run: Cli) -> None:
    assert run("--version") == Run(0, f"{digitgen.__version__}\n", "")


def test_help_lists_every_command(run: Cli) -> None:
    found = run("--help")
    assert (found.code, found.err) == (0, "")
    for command in COMMANDS:
        assert re.search(rf"^ +{command}\s+[A-Z]", found.out, re.MULTILINE)


def test_the_help_of_every_command_has_an_example_that_parses(run: Cli) -> None:
    for command in COMMANDS:
        with naming(command):
            found = run(command, "--help")
            assert (found.code, found.err) == (0, "")
            example = " ".join(found.out.split()).split("Example: ")[1]
            words = shlex.split(example.split(" > ")[0])
            assert words[:2] == ["digitgen", command]
            assert callable(cli._parse(words[1:]).run)


TOP = "(see digitgen --help)"


@pytest.mark.usefixtures("unchanged")
def test_wrong_usage_prints_one_line_and_exits_with_2(run: Cli) -> None:
    cases: dict[str, tuple[str, str]] = {
        "nothing": ("", f"digitgen: a command is needed: {ALL_COMMANDS} {TOP}"),
        "unknown option": ("--colour", f"digitgen: unrecognized arguments: --colour {TOP}"),
        "of a command": ("schema --colour", f"digitgen: unrecognized arguments: --colour {TOP}"),
        "override of nothing": ("schema a=b", f"digitgen: unrecognized arguments: a=b {TOP}"),
        "too many": ("schema a b", f"digitgen: unrecognized arguments: a b {TOP}"),
        "among overrides": (
            "build small.yaml --jobs 1 a=b c --x e=f",
            f"digitgen: unrecognized arguments: c --x {TOP}",
        ),
        "no folder": (
            "verify",
            "digitgen verify: the following arguments are required: DATASET (see digitgen verify --help)",
        ),
        "no integer": (
            "build small.yaml --jobs many",
            "digitgen build: argument --jobs: must be an integer from 1 to 1024; got 'many' "
            "(see digitgen build --help)",
        ),
        "no digits": (
            "image --min-spacing 2",
            "digitgen: DIGITS are needed, such as 350",
        ),
        "half a pixel": (
            "image 350 --min-spacing 2 --max-spacing 8.5 --image-width 120",
            "digitgen image: argument --max-spacing: invalid int value: '8.5' (see digitgen image --help)",
        ),
    }
    for name, (arguments, message) in cases.items():
        with naming(name):
            run(*shlex.split(arguments)).assert_failed(2, message)


@pytest.mark.usefixtures("unchanged")
def test_an_unknown_command_or_choice_is_refused_with_the_known_ones(run: Cli) -> None:
    for arguments, choices in (
        (["xyz"], COMMANDS),
        ([*IMAGE, "--align", "middle"], ["center", "left", "right", "random"]),
    ):
        found = run(*arguments)
        assert (found.code, found.out, found.err.count("\n")) == (2, "", 1)
        assert all(choice in found.err for choice in choices)


def test_debug_raises_the_error_itself(run: Cli) -> None:
    with pytest.raises(DatasetError):
        run("verify", "--debug", "absent")


def test_every_error_that_ends_a_command_has_its_line_and_its_exit_code(
    run: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cases: dict[str, tuple[BaseException, int, str]] = {
        "Ctrl-C": (KeyboardInterrupt(), 130, "digitgen: interrupted"),
        "full disk": (
            OSError(errno.ENOSPC, "No space left on device"),
            1,
            "digitgen: [Errno 28] No space left on device (--debug shows where)",
        ),
        "memory": (MemoryError(), 1, "digitgen: out of memory"),
        "two findings": (ConfigError("one\ntwo"), 2, "digitgen: one\ndigitgen: two"),
        "odd characters": (SourceError("a\nb\x1b[2J: absent"), 1, r"digitgen: a\nb\x1b[2J: absent"),
    }
    for name, (error, code, message) in cases.items():
        with naming(name):
            monkeypatch.setattr(fetch, "fetch_source", Mock(side_effect=error))
            run("fetch").assert_failed(code, message)


def python(*arguments: str | bytes, **options: object) -> subprocess.CompletedProcess[bytes]:
    """Run Python in a process of its own, with buffers as users have them."""
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    command = [sys.executable, *arguments]
    return subprocess.run(  # type: ignore[call-overload, no-any-return]
        command, **{"capture_output": True, "timeout": 120, "check": False, "env": environment, **options}
    )


def test_a_process_exits_with_the_code_and_prints_to_the_right_streams(tmp_path: Path) -> None:
    done = python("-m", "digitgen", "schema", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    assert json.loads(done.stdout) == json.loads(json_schema())
    done = python("-m", "digitgen", "verify", "absent", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (1, b"")
    assert done.stderr == b"digitgen: absent: there is no such dataset folder\n"
    done = python("-m", "digitgen", "paint", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr.count(b"\n")) == (2, b"", 1)


@pytest.mark.parametrize("arguments", [["--version"], ["--help"], ["schema"]], ids=["short", "help", "long"])
def test_a_closed_pipe_ends_the_command_with_1_and_no_message(arguments: list[str]) -> None:
    reader, writer = os.pipe()
    os.close(reader)
    try:
        done = python("-m", "digitgen", *arguments, capture_output=False, stdout=writer, stderr=subprocess.PIPE)
    finally:
        os.close(writer)
    assert (done.returncode, done.stderr) == (1, b"")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="needs /dev/full")
@pytest.mark.parametrize("arguments", [["--version"], ["schema"]], ids=["short", "long"])
def test_a_full_device_ends_the_command_with_1_and_one_line(arguments: list[str]) -> None:
    with Path("/dev/full").open("wb") as full:
        done = python("-m", "digitgen", *arguments, capture_output=False, stdout=full, stderr=subprocess.PIPE)
    assert done.returncode == 1
    assert done.stderr == b"digitgen: [Errno 28] No space left on device (--debug shows where)\n"


def test_a_stream_closed_at_the_start_changes_no_exit_code(tmp_path: Path) -> None:
    for closed, out, err in ((1, b"", b""), (2, f"{digitgen.__version__}\n".encode(), b"")):
        command = f"exec {shlex.quote(sys.executable)} -m digitgen --version {closed}>&-"
        done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, timeout=60, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, out, err)
    command = f"exec {shlex.quote(sys.executable)} -m digitgen verify absent 2>&-"
    done = subprocess.run(["sh", "-c", command], cwd=tmp_path, capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, b"", b"")


HEAVY = ["cv2", "h5py", "joblib", "pydantic", "ruamel.yaml", "PIL", "requests", "scipy", "matplotlib", "tqdm"]


@pytest.mark.parametrize(
    "start",
    [
        pytest.param("import digitgen", id="import"),
        pytest.param("from digitgen import stream", id="stream"),
        pytest.param("from digitgen import DigitDataset", id="DigitDataset"),
        pytest.param(
            "from digitgen.cli.program import main\ntry: main(['--help'])\nexcept SystemExit: pass", id="help"
        ),
        pytest.param("from digitgen.cli.program import main\nmain(['--version'])", id="version"),
    ],
)
def test_importing_help_and_version_load_no_heavy_library(start: str) -> None:
    done = python(
        "-c", f"{start}\nimport sys\nprint([name for name in {HEAVY} if name in sys.modules], file=sys.stderr)"
    )
    assert (done.returncode, done.stderr) == (0, b"[]\n")


# image


def test_image_writes_a_grey_png_named_by_its_digits(run: Cli, bank: GlyphBank) -> None:
    found = run(*IMAGE, "--seed", "7")
    assert found == Run(0, "350.png\n", "")
    expected = generate_numbers_sequence([3, 5, 0], (2, 8), 120, rng=7, glyphs=bank)
    np.testing.assert_array_equal(pixels("350.png"), np.rint(expected * 255).astype(np.uint8))
    assert pixels("350.png").shape == (28, 120)


def test_image_keeps_leading_zeros(run: Cli, bank: GlyphBank) -> None:
    assert run("image", "007", *IMAGE[2:], "--seed", "1").out == "007.png\n"
    expected = generate_numbers_sequence([0, 0, 7], (2, 8), 120, rng=1, glyphs=bank)
    np.testing.assert_array_equal(pixels("007.png"), np.rint(expected * 255).astype(np.uint8))


def test_several_images_come_from_one_generator_and_are_numbered_from_1(run: Cli, bank: GlyphBank) -> None:
    names = [f"350-{k:02d}.png" for k in range(1, 11)]
    assert run(*IMAGE, "--seed", "7", "--count", "10").out.split() == names
    rng = as_generator(7)
    for name in names:
        expected = generate_numbers_sequence([3, 5, 0], (2, 8), 120, rng=rng, glyphs=bank)
        np.testing.assert_array_equal(pixels(name), np.rint(expected * 255).astype(np.uint8))


def test_image_without_a_seed_prints_the_one_that_it_used(run: Cli) -> None:
    found = run(*IMAGE)
    assert (found.code, found.out) == (0, "350.png\n")
    told = re.fullmatch(r"digitgen: --seed (\d+) makes the same again\n", found.err)
    assert told
    first = Path("350.png").read_bytes()
    run(*IMAGE, "--seed", told[1], "-o", "again.png")
    assert Path("again.png").read_bytes() == first


def test_every_option_of_image_is_the_argument_of_that_name(run: Cli, bank: GlyphBank) -> None:
    cases: dict[str, tuple[list[str], dict[str, object]]] = {
        "align": (["--align", "left"], {"align": "left"}),
        "unit": (["--unit", "ink"], {"unit": "ink"}),
        "overlap, and a negative number": (
            ["--overlap", "sum", "--min-spacing", "-9", "--max-spacing", "-9"],
            {"overlap": "sum", "spacing_range": (-9, -9)},
        ),
        "fit": (["--fit", "strict"], {"fit": "strict"}),
    }
    for name, (options, changed) in cases.items():
        with naming(name):
            run(*IMAGE, "--seed", "3", "--force", *options)
            arguments = {
                "digits": [3, 5, 0],
                "spacing_range": (2, 8),
                "image_width": 120,
                "rng": 3,
                "glyphs": bank,
                **changed,
            }
            expected = generate_numbers_sequence(**arguments)  # type: ignore[arg-type]
            np.testing.assert_array_equal(pixels("350.png"), np.rint(expected * 255).astype(np.uint8))


def test_output_names_a_file_or_a_folder(run: Cli) -> None:
    Path("folder").mkdir()
    cases: dict[str, tuple[str, str]] = {
        "file": ("my.png", "my.png"),
        "in capitals": ("my.PNG", "my.PNG"),
        "folder": ("folder", "folder/350.png"),
        "file in a folder": ("folder/my.png", "folder/my.png"),
        "dots and spaces": ("a b.c.png", "a b.c.png"),
    }
    for name, (output, made) in cases.items():
        with naming(name):
            assert run(*IMAGE, "--seed", "1", "-o", output) == Run(0, f"{made}\n", "")
            assert pixels(made).shape == (28, 120)


def test_an_existing_file_is_replaced_only_with_force(run: Cli) -> None:
    Path("350.png").write_text("mine")
    message = "digitgen: 350.png exists; name another file, or replace it with --force"
    run(*IMAGE, "-o", "350.png").assert_failed(1, message)
    assert Path("350.png").read_text() == "mine"
    assert run(*IMAGE, "--seed", "1", "--force").code == 0
    assert pixels("350.png").shape == (28, 120)


def test_if_one_of_several_files_exists_none_is_written(run: Cli) -> None:
    Path("350-2.png").write_text("mine")
    before = tree(Path())
    found = run(*IMAGE, "--count", "3", "-o", "350.png")
    assert (found.code, found.out) == (1, "")
    assert found.err.startswith("digitgen: 350-2.png exists;")
    assert tree(Path()) == before


@pytest.mark.parametrize(
    "digits",
    [["350"], ["3,5,0"], ["3, 5, 0"], ["3 5 0"], ["3", "5", "0"], ["--sequence", "3,5,0"], ["--sequence", "350"]],
    ids=" ".join,
)
def test_digits_are_taken_as_people_write_them(run: Cli, bank: GlyphBank, digits: list[str]) -> None:
    assert run("image", *digits, "--seed", "7") == Run(0, "350.png\n", "")
    expected = generate_numbers_sequence([3, 5, 0], (0, 8), 3 * 28 + 2 * 8, rng=7, glyphs=bank)
    np.testing.assert_array_equal(pixels("350.png"), np.rint(expected * 255).astype(np.uint8))


@pytest.mark.parametrize(
    ("given", "width"),
    [
        (["7"], 28),
        (["77", "--max-spacing", "3"], 59),
        (["77", "--min-spacing", "20"], 76),
        (["77", "--max-spacing", "-20"], 36),
        (["77", "--image-width", "90"], 90),
    ],
)
def test_the_image_is_as_wide_as_its_widest_gaps_need_unless_told(run: Cli, given: list[str], width: int) -> None:
    name = run("image", *given, "--seed", "1").out.strip()
    assert pixels(name).shape == (28, width)


def test_images_without_a_named_file_never_replace_each_other(run: Cli) -> None:
    assert [run("image", "350", "--seed", "1").out for _ in range(3)] == ["350.png\n", "350-1.png\n", "350-2.png\n"]
    assert run("image", "350", "--seed", "1", "--count", "2").out == "350-3.png\n350-4.png\n"
    Path("folder").mkdir()
    assert [run("image", "8", "--seed", "1", "-o", "folder").out for _ in range(2)] == [
        "folder/8.png\n",
        "folder/8-1.png\n",
    ]


def test_a_dash_writes_the_image_to_stdout(tmp_path: Path) -> None:
    done = python("-m", "digitgen", "image", "350", "--seed", "1", "-o", "-", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (0, b"")
    with Image.open(io.BytesIO(done.stdout)) as image:
        assert (image.format, image.size) == ("PNG", (100, 28))
    assert list(tmp_path.iterdir()) == []


def test_a_file_that_appears_during_the_command_is_not_replaced(run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "exists", lambda _: False)
    Path("350.png").write_text("mine")
    assert run(*IMAGE, "--seed", "1").code == 1
    assert Path("350.png").read_text() == "mine"
    assert not list(Path().glob(".*"))


def test_a_full_disk_leaves_no_partial_image(run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(path: Path, data: bytes) -> None:
        with path.open("wb") as file:
            file.write(data[:10])
        raise OSError(errno.ENOSPC, "No space left on device")

    before = tree(Path())
    monkeypatch.setattr(Path, "write_bytes", full)
    message = "digitgen: [Errno 28] No space left on device: '350.png' (--debug shows where)"
    run(*IMAGE, "--seed", "1").assert_failed(1, message)
    assert tree(Path()) == before


NEED = "digitgen: 3 digits need at least 88 px (each 28, smallest gap 2); image_width is {}"
DIGITS = "digitgen: DIGITS must be digits from 0 to 9, such as 350; got {}"


@pytest.mark.usefixtures("unchanged")
def test_an_impossible_image_prints_one_line_and_exits_with_2(run: Cli) -> None:
    cases: dict[str, tuple[list[str], str]] = {
        "no digits": (["image", "", *IMAGE[2:]], DIGITS.format("''")),
        "a letter": (["image", "3a0", *IMAGE[2:]], DIGITS.format("'3a0'")),
        "a minus": (["image", "3-5", *IMAGE[2:]], DIGITS.format("'3-5'")),
        "commas alone": (["image", ", ,", *IMAGE[2:]], DIGITS.format("', ,'")),
        "nothing": (["image", *IMAGE[2:]], "digitgen: DIGITS are needed, such as 350"),
        "digits twice": (
            ["image", "3", "--sequence", "5"],
            "digitgen: give the digits once: as DIGITS or as --sequence",
        ),
        "many to stdout": (["image", "3", "-o", "-", "--count", "2"], "digitgen: -o - takes one image; got --count 2"),
        "Arabic digits": (["image", "٣٥", *IMAGE[2:]], DIGITS.format("'٣٥'")),
        "a superscript": (["image", "3²", *IMAGE[2:]], DIGITS.format("'3²'")),
        "one pixel too narrow": ([*IMAGE, "--image-width", "87"], NEED.format(87)),
        "strict": (
            [*IMAGE, "--image-width", "88", "--fit", "strict"],
            "digitgen: 3 digits need at least 100 px (each 28, largest gap 8); image_width is 88",
        ),
        "no width": ([*IMAGE, "--image-width", "0"], "digitgen: image_width must be from 1 to 32767 px; got 0"),
        "too wide": ([*IMAGE, "--image-width", "32768"], "digitgen: image_width must be from 1 to 32767 px; got 32768"),
        "spacing swapped": (
            [*IMAGE, "--max-spacing", "1"],
            "digitgen: minimum spacing 2 is larger than maximum spacing 1",
        ),
        "too negative": (
            [*IMAGE, "--min-spacing", "-28"],
            "digitgen: gaps of -28 px are too negative; with unit='cell' the least is -27",
        ),
        "not a PNG": (
            [*IMAGE, "-o", "my.jpg"],
            "digitgen: my.jpg: the file must end in .png, or be a folder that exists",
        ),
        "missing folder": (
            [*IMAGE, "-o", "absent"],
            "digitgen: absent: the file must end in .png, or be a folder that exists",
        ),
        "file in a missing folder": ([*IMAGE, "-o", "absent/my.png"], "digitgen: absent: there is no such folder"),
    }
    for name, (arguments, message) in cases.items():
        with naming(name):
            run(*arguments).assert_failed(2, message)


@pytest.mark.usefixtures("unchanged")
def test_a_wrong_value_is_refused_with_the_name_of_its_option(run: Cli) -> None:
    cases: dict[str, tuple[list[str], str]] = {
        "no images": (
            [*IMAGE, "--count", "0"],
            "image: argument --count: must be an integer from 1 to 100000; got '0'",
        ),
        "too many images": (
            [*IMAGE, "--count", "100001"],
            "image: argument --count: must be an integer from 1 to 100000; got '100001'",
        ),
        "negative seed": (
            [*IMAGE, "--seed", "-1"],
            "image: argument --seed: must be an integer from 0 to 9223372036854775807; got '-1'",
        ),
        "no seed": (
            [*IMAGE, "--seed", "1\x1b"],
            r"image: argument --seed: must be an integer from 0 to 9223372036854775807; got '1\x1b'",
        ),
        "empty output": ([*IMAGE, "-o", ""], "image: argument -o/--output: must not be empty"),
        "empty out": (["build", "small.yaml", "--out", ""], "build: argument --out: must not be empty"),
        "empty configuration": (["build", ""], "build: argument CONFIG: must not be empty"),
        "empty dataset": (["verify", ""], "verify: argument DATASET: must not be empty"),
        "empty data": (["fetch", "--data-dir", ""], "fetch: argument --data-dir: must not be empty"),
    }
    for name, (arguments, message) in cases.items():
        with naming(name):
            run(*arguments).assert_failed(2, f"digitgen {message} (see digitgen {arguments[0]} --help)")


def test_control_characters_in_arguments_are_escaped(run: Cli) -> None:
    run("schema", "\x1b[2J\n").assert_failed(2, rf"digitgen: unrecognized arguments: \x1b[2J\n {TOP}")


def test_image_writes_real_digits_from_a_process_of_its_own(tmp_path: Path, mnist: GlyphBank) -> None:
    done = python("-m", "digitgen", *IMAGE, "--seed", "7", cwd=tmp_path)
    assert (done.returncode, done.stdout, done.stderr) == (0, b"350.png\n", b"")
    expected = generate_numbers_sequence([3, 5, 0], (2, 8), 120, rng=7, glyphs=mnist)
    np.testing.assert_array_equal(pixels(tmp_path / "350.png"), np.rint(expected * 255).astype(np.uint8))


@pytest.mark.usefixtures("mnist")
def test_a_file_name_that_is_no_text_is_written_and_printed(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "utf-8:strict"}
    done = python("-m", "digitgen", *IMAGE, "--seed", "7", "-o", b"\xff.png", cwd=tmp_path, env=environment)
    assert (done.returncode, done.stderr) == (0, b"")
    assert done.stdout == b"\xff.png\n"
    assert [os.fsencode(path.name) for path in tmp_path.iterdir()] == [b"\xff.png"]


# where files go


@pytest.mark.usefixtures("mnist")
def test_a_file_name_that_the_terminal_cannot_show_is_printed_with_escapes(tmp_path: Path) -> None:
    environment = {**os.environ, "PYTHONIOENCODING": "ascii:strict", "LC_ALL": "C.UTF-8"}
    done = python("-m", "digitgen", *IMAGE, "--seed", "7", "-o", "é.png", cwd=tmp_path, env=environment)
    assert (done.returncode, done.stderr, done.stdout) == (0, b"", b"\\xe9.png\n")
    assert (tmp_path / "é.png").exists()


def test_a_sequence_too_long_for_a_file_name_is_cut(run: Cli) -> None:
    words = ["image", "7" * 250, "--min-spacing", "0", "--max-spacing", "0", "--image-width", "7000", "--seed", "5"]
    assert run(*words) == Run(0, f"{'7' * 100}.png\n", "")


def test_several_files_are_numbered_in_sorting_order() -> None:
    paths = output_paths(Path("my.png"), "0.png", count=3, force=False)
    assert [path.name for path in paths] == ["my-1.png", "my-2.png", "my-3.png"]
    assert [path.name for path in output_paths(None, "0.png", count=2, force=False)] == ["0-1.png", "0-2.png"]
    names = [path.name for path in output_paths(None, "0.png", count=1000, force=False)]
    assert names == sorted(names)
    with pytest.raises(ArgumentError):
        output_paths(Path("my.gif"), "0.png", count=3, force=False)


# build


def test_build_writes_to_data_slash_name_or_to_out(run: Cli) -> None:
    for out, options in (("data/small", []), ("elsewhere/mine", ["--out", "elsewhere/mine"])):
        found = run("build", "small.yaml", "--jobs", "1", *options)
        assert (found.code, found.err) == (0, "")
        assert re.fullmatch(rf"{out}: 30 images, [\d,]+ bytes\n", found.out)
        assert verify_dataset(out).ok
        assert len(DigitDataset(out, "train")) == 30
    assert read_manifest(Path("data/small")) == read_manifest(Path("elsewhere/mine"))


def test_overrides_may_stand_before_and_behind_options(run: Cli) -> None:
    cases: dict[str, str] = {
        "before": "build small.yaml seed=6 splits.train.count=7 --jobs 1",
        "behind": "build small.yaml --jobs 1 seed=6 splits.train.count=7",
        "around": "build --jobs 1 small.yaml seed=6 --out data/small splits.train.count=7",
        "at the end": "build --out data/small --jobs 1 small.yaml seed=6 splits.train.count=7",
        "seed as an option": "build small.yaml --seed 6 --jobs 1 splits.train.count=7",
        "the option wins": "build small.yaml seed=3 splits.train.count=7 --jobs 1 --seed=6",
    }
    for name, arguments in cases.items():
        with naming(name):
            assert run(*arguments.split()).code == 0
            manifest = read_manifest(Path("data/small"))
            shutil.rmtree("data")
            assert (manifest.seed, manifest.images) == (6, 7)


def test_the_seed_decides_the_images_of_a_build(run: Cli) -> None:
    for out, seed in (("a", "6"), ("b", "6"), ("c", "7")):
        assert run("build", "small.yaml", "--jobs", "1", "--out", out, "--seed", seed).code == 0
    shards = [Path(out, "train/shard-00000.h5").read_bytes() for out in "abc"]
    assert shards[0] == shards[1] != shards[2]


def test_build_with_json_prints_what_was_made(run: Cli) -> None:
    found = run("build", "small.yaml", "--jobs", "1", "--json")
    manifest = read_manifest(Path("data/small"))
    assert (found.code, found.err, found.out.count("\n")) == (0, "", 1)
    assert json.loads(found.out) == {
        "out": "data/small",
        "images": 30,
        "bytes": manifest.bytes,
        "lost_digits": 0,
        "fingerprint": manifest.fingerprint,
    }


def test_a_conditioned_law_of_gaps_is_reported_once_with_its_share(run: Cli) -> None:
    second = "splits.test={count: 3, source: {images: my-images, labels: my-labels}}"
    arguments = ["build", "small.yaml", "--jobs", "1", "image_width=150", "sequence.length=[4,5]", second]
    arguments.append("allow_shared_glyphs=true")
    found = run(*arguments)
    share = sum(sum(gaps) <= 10 for gaps in product(range(8), repeat=4)) / 8**4
    assert (found.code, found.err.count("\n")) == (0, 1)
    assert found.err.startswith(
        "digitgen: spacing: not all gaps fit the image, so gaps are uniform among those that do ("
    )
    assert f"{share:.3g} for 5 digits" in found.err
    assert "for 4 digits" not in found.err
    assert "image_width=168" in found.err
    assert run(*arguments, "image_width=168", "--out", "wide").err == ""


@pytest.mark.usefixtures("unchanged")
def test_a_dry_run_prints_the_plan_and_writes_nothing(run: Cli) -> None:
    found = run("build", "small.yaml", "--dry-run", "splits.train.count=20000", "splits.train.source=mnist/train")
    assert (found.code, found.err) == (0, "")
    first, strings, second, last = found.out.splitlines()
    law = "lengths are uniform, from 1 to 5; digits are uniform; 111,110 strings are possible"
    assert re.fullmatch(rf"sequence: {law}; train begins with \d{{1,5}}(, \d{{1,5}}){{4}}", strings)
    size = re.fullmatch(r"train: 20,000 images in 3 files, ([\d,]+) bytes; all 60,000 glyphs of mnist/train", first)
    assert size
    assert int(size[1].replace(",", "")) >= 20_000 * 28 * 168
    assert "gaps are uniform" in second
    assert last == f"data/small: would hold {size[1]} bytes; nothing was written"
    assert "less than" in run("build", "small.yaml", "--dry-run", "output.compression=deflate").out
    part = run("build", "small.yaml", "--dry-run", "splits.train.pool=[0, 0.5]")
    assert part.out.splitlines()[0].endswith(" bytes; 20 of 30 glyphs of my-images+my-labels")


@pytest.mark.usefixtures("unchanged")
def test_a_dry_run_with_json_prints_the_plan_of_every_split(run: Cli) -> None:
    found = run("build", "small.yaml", "--dry-run", "--json", "image_width=150")
    assert (found.code, found.err) == (0, "")
    said = json.loads(found.out)
    (plan,) = said["splits"]
    assert said["out"] == "data/small"
    assert plan["sequence"] == "lengths are uniform, from 1 to 5; digits are uniform; 111,110 strings are possible"
    assert len(plan["strings"]) == 5
    assert (plan["name"], plan["count"], plan["shards"], plan["unconditional_width"]) == ("train", 30, 1, 168)
    assert plan["acceptance"].keys() == {"5"}
    assert (plan["source"], plan["glyphs"], plan["source_glyphs"]) == ("my-images+my-labels", 30, 30)


def test_a_dry_run_prints_the_cautions(run: Cli) -> None:
    steps = ["augment.glyphs=[{step: erode, size: 3}]"]
    caution = "augment.glyphs.0: erode can erase or hide a digit with size above 2"
    assert caution in run("build", "small.yaml", "--dry-run", *steps).out.splitlines()
    assert json.loads(run("build", "small.yaml", "--dry-run", "--json", *steps).out)["cautions"] == [caution]


def test_build_prints_how_many_digits_lost_their_ink(run: Cli) -> None:
    steps = "augment.sequence=[{step: translate, x: 0, y: 14}, {step: translate, x: 0, y: 14}]"
    found = run("build", "small.yaml", "--jobs", "1", "sequence.length=2", steps)
    assert found.code == 0
    lost = "digitgen: 60 digits have no ink left inside their image; their boxes have no width"
    assert lost in found.err.splitlines()
    card = "60 digits have no ink left inside their image"
    assert card in Path("data/small/README.md").read_text()
    assert run("build", "small.yaml", "--jobs", "1", "--out", "whole").err == ""
    assert "no ink" not in Path("whole/README.md").read_text()


def test_a_dry_run_predicts_the_bytes_of_the_shards(run: Cli) -> None:
    said = json.loads(run("build", "small.yaml", "--dry-run", "--json", "splits.train.count=1500").out)
    made = json.loads(run("build", "small.yaml", "--jobs", "1", "--json", "splits.train.count=1500").out)
    assert said["splits"][0]["bytes"] == made["bytes"]


def test_a_dry_run_of_a_billion_images_stays_under_a_gibibyte(run: Cli, tmp_path: Path) -> None:
    assert run("build", "small.yaml", "--dry-run").code == 0
    script = """
import resource, sys
resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
from digitgen.cli import main
sys.exit(main(["build", "small.yaml", "--dry-run", "splits.train.count=1000000000"]))
"""
    done = python("-c", script, cwd=tmp_path, timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.usefixtures("unchanged")
def test_an_impossible_build_is_refused_before_anything_is_written(run: Cli) -> None:
    cases: dict[str, bool] = {
        "build": False,
        "dry run": True,
    }
    more: dict[str, tuple[list[str], int, list[str]]] = {
        "unknown key": (["sed=3"], 2, ["digitgen: sed=3: sed: unknown key; did you mean seed?"]),
        "two mistakes": (
            ["seed=a", "align=b"],
            2,
            [
                "digitgen: seed=a: seed: input should be a valid integer; got 'a'",
                "digitgen: align=b: align: must be one of center, left, right, random; got 'b'",
            ],
        ),
        "too narrow": (
            ["image_width=139"],
            2,
            ["digitgen: image_width=139: 5 digits need at least 140 px (each 28, smallest gap 0); image_width is 139"],
        ),
        "too narrow for the ink": (
            ["image_width=99", "spacing.unit=ink"],
            2,
            ["digitgen: splits.train: 5 digits need at least 100 px (each 20, smallest gap 0); image_width is 99"],
        ),
        "no glyphs": (
            ["splits.train.source={images: absent, labels: my-labels}"],
            1,
            ["digitgen: absent: cannot be read: No such file or directory"],
        ),
        "other glyphs": (
            ["splits.train.source={images: my-labels, labels: my-labels}"],
            1,
            ["digitgen: my-labels: expected glyphs of 28x28, got 30 of uint8; are images and labels exchanged?"],
        ),
        "no override": (
            ["seed"],
            2,
            ["digitgen: 'seed': an override has the form key.path=value, such as spacing.range=[0,5]"],
        ),
    }
    for name, dry in cases.items():
        for case, (overrides, code, messages) in more.items():
            with naming(f"{name}, {case}"):
                options = ["--dry-run"] if dry else ["--jobs", "1"]
                run("build", "small.yaml", *overrides, *options).assert_failed(code, *messages)


@pytest.mark.usefixtures("unchanged")
def test_a_mistake_in_the_file_is_reported_by_line_and_column(run: Cli, tmp_path: Path) -> None:
    (tmp_path / "small.yaml").write_text(CONFIG.replace("count: 30", "count: no"))
    run("build", "small.yaml").assert_failed(
        2, "digitgen: small.yaml:5:18: splits.train.count: input should be a valid integer; got 'no'"
    )
    run("build", "absent.yaml").assert_failed(2, "digitgen: absent.yaml: cannot be read: No such file or directory")


@pytest.mark.usefixtures("unchanged")
def test_a_path_that_no_file_can_have_is_refused_in_one_line(run: Cli) -> None:
    found = run("build", "small.yaml", "--jobs", "1", r'splits.train.source={images: "a\0b", labels: my-labels}')
    assert (found.code in (1, 2), found.out, found.err.count("\n")) == (True, "", 1)


def test_glyphs_without_one_of_the_digits_are_refused(run: Cli) -> None:
    images, labels = coded_glyphs()
    Path("my-images").write_bytes(encode_idx(images[labels != 3]))
    Path("my-labels").write_bytes(encode_idx(labels[labels != 3]))
    run("build", "small.yaml").assert_failed(
        2,
        "digitgen: splits.train: my-images+my-labels has no glyph of the digit 3, which strings may have; "
        "take another source, or other strings",
    )
    assert not Path("data").exists()


def test_a_split_named_like_a_file_of_the_dataset_is_refused(run: Cli) -> None:
    for name in ("manifest.json", "README.md", "config.yaml", "build-log.json"):
        with naming(name):
            text = CONFIG.replace("  train:", f"  {name}:")
            Path("small.yaml").write_text(text)
            found = run("build", "small.yaml", "--jobs", "1")
            assert (found.code, found.out) == (2, "")
            assert not Path("data").exists()


@pytest.mark.parametrize("dry", [False, True], ids=["build", "dry run"])
def test_a_folder_that_is_not_empty_is_refused_and_unchanged(run: Cli, dry: bool) -> None:
    Path("data/small").mkdir(parents=True)
    Path("data/small/mine").write_text("mine")
    before = tree(Path())
    found = run("build", "small.yaml", "--jobs", "1", *(["--dry-run"] if dry else []))
    assert (found.code, found.out, found.err.count("\n")) == (1, "", 1)
    assert found.err.startswith("digitgen: data/small: is not empty")
    assert tree(Path()) == before


@pytest.mark.parametrize("option", ["--overwrite", "--resume"])
def test_a_folder_with_a_foreign_manifest_is_neither_resumed_nor_overwritten(run: Cli, option: str) -> None:
    Path("web").mkdir()
    for name in ("manifest.json", "README.md", "config.yaml"):
        Path("web", name).write_text('{"name": "my web application"}')
    before = tree(Path())
    found = run("build", "small.yaml", "--jobs", "1", "--out", "web", option)
    assert (found.code, found.out) == (1, "")
    assert tree(Path()) == before


def test_a_folder_locked_by_another_build_exits_with_75(run: Cli) -> None:
    Path("mine").mkdir()
    with files.locked(Path("mine")):
        found = run("build", "small.yaml", "--jobs", "1", "--out", "mine")
    assert (found.code, found.out, found.err.count("\n")) == (75, "", 1)
    assert not any(Path("mine").iterdir())


def test_a_file_in_the_place_of_the_folder_is_refused(run: Cli) -> None:
    Path("mine").write_text("mine")
    run("build", "small.yaml", "--out", "mine").assert_failed(
        1, "digitgen: mine: is a file; name a new or empty folder"
    )
    assert Path("mine").read_text() == "mine"


def test_usage_names_the_configuration_and_not_the_overrides(run: Cli) -> None:
    cases: list[tuple[str, str]] = [
        ("build", "CONFIG"),
        ("preview", "CONFIG|DATASET"),
    ]
    for command, needed in cases:
        with naming((command, needed)):
            run(command).assert_failed(
                2, f"digitgen {command}: the following arguments are required: {needed} (see digitgen {command} --help)"
            )


@pytest.mark.usefixtures("unchanged")
def test_zero_jobs_are_refused(run: Cli) -> None:
    run("build", "small.yaml", "--jobs", "0").assert_failed(
        2, "digitgen build: argument --jobs: must be an integer from 1 to 1024; got '0' (see digitgen build --help)"
    )


def test_resume_makes_only_what_is_missing_or_damaged(run: Cli) -> None:
    command = ["build", "small.yaml", "--jobs", "1", "splits.train.count=2100", "output.shard_size=1024"]
    assert run(*command).code == 0
    shards = sorted(Path("data/small/train").iterdir())
    contents = [path.read_bytes() for path in shards]
    shards[0].unlink()
    shards[1].write_bytes(contents[1][:-1])
    found = run(*command, "--resume")
    assert (found.code, found.err) == (0, "digitgen: data/small: 1 of 3 shards are there and whole\n")
    assert [path.read_bytes() for path in shards] == contents


def test_resume_refuses_another_configuration(run: Cli) -> None:
    assert run("build", "small.yaml", "--jobs", "1").code == 0
    before = {path: path.read_bytes() for path in Path("data").rglob("*") if path.is_file()}
    found = run("build", "small.yaml", "--jobs", "1", "--resume", "seed=6")
    assert (found.code, found.out) == (2, "")
    assert "seed" in found.err
    assert {path: path.read_bytes() for path in Path("data").rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("dry", [False, True], ids=["build", "dry run"])
def test_overwrite_starts_again(run: Cli, dry: bool) -> None:
    assert run("build", "small.yaml", "--jobs", "1").code == 0
    options = ["--overwrite", "seed=6", *(["--dry-run"] if dry else [])]
    assert run("build", "small.yaml", "--jobs", "1", *options).code == 0
    assert read_manifest(Path("data/small")).seed == (5 if dry else 6)


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_an_interrupted_build_prints_the_command_that_resumes_it(
    run: Cli, monkeypatch: pytest.MonkeyPatch, number: int, code: int
) -> None:
    def interrupted(*_: object, **__: object) -> None:
        Path("my data").mkdir()
        Path("my data", JOURNAL_NAME).touch()
        os.kill(os.getpid(), number)

    monkeypatch.setattr(build, "build_dataset", interrupted)
    run("build", "small.yaml", "--jobs", "1", "align=left", "--out", "my data", "--seed", "6").assert_failed(
        code,
        "digitgen: go on with: digitgen build small.yaml align=left --out 'my data' --jobs 1 --seed 6 --resume",
        "digitgen: interrupted",
    )


def test_parts_are_built_and_finished(run: Cli) -> None:
    build = ["build", "small.yaml", "--jobs", "1", "output.shard_size=1024", "splits.train.count=2100"]
    done = run(*build, "--part", "2/2", "--dry-run")
    assert "part 2/2 would make 1 file, 1,024 images\n" in done.out
    assert not Path("data").exists()
    done = run(*build, "--part", "2/2")
    assert (done.code, done.out) == (0, "data/small: part 2/2: 1 file, 1,024 images, 4,945,920 bytes\n")
    failed = run("finish", "data/small")
    assert (failed.code, failed.out) == (3, "")
    assert "part 1/2 (2, such as train/shard-00000.h5)" in failed.err
    done = run(*build, "--part", "1/2", "--json")
    assert json.loads(done.out) | {"bytes": 0} == {
        "out": "data/small", "part": 1, "of": 2, "shards": 2, "images": 1076, "bytes": 0
    }  # fmt: skip
    done = run("finish", "data/small", "--data-dir", ".")
    assert done == Run(0, f"data/small: 2,100 images, {read_manifest(Path('data/small')).bytes:,} bytes\n", "")


@pytest.mark.parametrize("text", ["3", "3/", "a/b", "3/4/5", "-1/2", ""])
def test_what_is_no_part_is_refused(run: Cli, text: str) -> None:
    failed = run("build", "small.yaml", f"--part={text}")
    assert failed.code == 2
    assert "must be a part and how many there are, such as 3/16; got" in failed.err


@pytest.mark.parametrize("other", [["--dask", "tcp://h:1"], ["--overwrite"]], ids=["dask", "overwrite"])
def test_a_part_goes_with_neither_dask_nor_overwrite(run: Cli, other: list[str]) -> None:
    failed = run("build", "small.yaml", "--part", "1/2", *other)
    assert failed.code == 2
    assert f"--part and {other[0]} exclude each other" in failed.err


def test_an_interrupted_part_prints_the_command_that_goes_on(run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        Path("out").mkdir()
        Path("out", JOURNAL_NAME).touch()
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(array, "build_part", interrupted)
    run("build", "small.yaml", "--jobs", "1", "--out", "out", "--part", "2/3").assert_failed(
        143,
        "digitgen: go on with: digitgen build small.yaml --out out --jobs 1 --part 2/3",
        "digitgen: interrupted",
    )


def test_an_interruption_wrapped_in_a_librarys_error_exits_with_130(run: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        try:
            os.kill(os.getpid(), signal.SIGINT)
        except KeyboardInterrupt as error:
            raise ValueError("a model could not be built") from error

    monkeypatch.setattr(build, "build_dataset", interrupted)
    run("build", "small.yaml", "--out", "mine").assert_failed(130, "digitgen: interrupted")


# verify


@pytest.fixture
def dataset(run: Cli) -> Path:
    """A small dataset of three files and its card."""
    assert run("build", "small.yaml", "--jobs", "1", "splits.train.count=2100", "output.shard_size=1024").code == 0
    return Path("data/small")


def test_verify_prints_that_a_whole_dataset_is_whole(run: Cli, dataset: Path) -> None:
    assert run("verify", str(dataset)) == Run(0, "data/small: 6 files, 2,100 images: all whole\n", "")
    found = run("verify", "--json", str(dataset))
    assert (found.code, found.err) == (0, "")
    assert json.loads(found.out) == {
        "files": 6,
        "images": 2100,
        "damaged": {},
        "harmless": [],
        "regenerated": 0,
        "shared_writers": [],
    }


@pytest.mark.parametrize("name", ["train/shard-00001.h5", "config.yaml", "README.md"])
def test_verify_names_a_damaged_file_and_exits_with_3(run: Cli, dataset: Path, name: str) -> None:
    data = bytearray((dataset / name).read_bytes())
    data[len(data) // 2] ^= 1
    (dataset / name).write_bytes(data)
    found = run("verify", str(dataset))
    damage, verdict = found.out.splitlines()
    assert (found.code, found.err) == (3, "")
    assert damage.startswith(f"{name}: ")
    assert verdict == "data/small: 6 files, 2,100 images: 1 damaged"
    found = run("verify", "--json", str(dataset))
    assert (found.code, json.loads(found.out)["damaged"].keys()) == (3, {name})


def test_verify_names_a_missing_file_and_exits_with_3(run: Cli, dataset: Path) -> None:
    (dataset / "train/shard-00002.h5").unlink()
    found = run("verify", str(dataset))
    assert found.code == 3
    assert found.out.startswith("train/shard-00002.h5: ")


def test_verify_refuses_a_folder_without_a_manifest_and_exits_with_3(run: Cli, dataset: Path) -> None:
    (dataset / "manifest.json").unlink()
    run("verify", str(dataset)).assert_failed(
        3, "digitgen: data/small: not a finished dataset: manifest.json is absent"
    )


def test_verify_refuses_a_changed_manifest_and_exits_with_3(run: Cli, dataset: Path) -> None:
    path = dataset / "manifest.json"
    path.write_text(path.read_text().replace('"seed": 5', '"seed": 6'))
    run("verify", str(dataset)).assert_failed(
        3, "digitgen: data/small/manifest.json: damaged: its contents do not match its checksum"
    )


def test_verify_of_no_folder_exits_with_1(run: Cli) -> None:
    run("verify", "absent").assert_failed(1, "digitgen: absent: there is no such dataset folder")


# fetch and schema


@pytest.mark.usefixtures("mnist")
def test_fetch_prints_the_folder_of_mnist(run: Cli) -> None:
    folder = cache.cache_dir(MNIST)
    found = run("fetch")
    assert found == Run(0, f"{folder}\n", f"digitgen: {folder}: all 4 files are there and verified\n")
    found = run("fetch", "--data-dir", str(folder))
    assert found == Run(0, f"{folder}\n", f"digitgen: {folder}: all 4 files are there and verified\n")


def test_fetch_from_an_absent_folder_exits_with_1(run: Cli) -> None:
    run("fetch", "--data-dir", "absent").assert_failed(1, "digitgen: absent: the data folder does not exist")


def test_augmentations_prints_every_step_or_those_that_are_named(run: Cli) -> None:
    found = run("augmentations")
    assert (found.code, found.err) == (0, "")
    assert [block.split()[0].rstrip(":") for block in found.out.split("\n\n")] == list(AUGMENTATIONS)
    assert run("augmentations", "rotate").out == found.out[: found.out.index("\n\n")] + "\n"


def test_augmentations_with_json_print_no_infinity(run: Cli) -> None:
    def refuse(constant: str) -> None:
        raise AssertionError(f"{constant} is no JSON")

    listed = json.loads(run("augmentations", "erode", "zoom_blur", "--json").out, parse_constant=refuse)
    assert listed["erode"]["parameters"]["size"]["legible"] == [2, 2]
    assert listed["zoom_blur"]["parameters"]["zoom"]["legible"] == [None, None]
    assert (listed["erode"]["widest"], listed["zoom_blur"]["widest"]) == (None, 2048)


def test_schema_prints_json(run: Cli) -> None:
    found = run("schema")
    assert (found.code, found.err) == (0, "")
    assert json.loads(found.out)["title"] == "BuildConfig"


@pytest.mark.parametrize("words", [["-q", "image", "350"], ["image", "350", "-q"], ["image", "-q", "350"]])
def test_quiet_may_stand_before_a_command_or_behind_it(run: Cli, words: list[str]) -> None:
    assert run(*words) == Run(0, "350.png\n", "")


def test_debug_may_stand_before_a_command(run: Cli) -> None:
    with pytest.raises(DatasetError, match="there is no such dataset folder"):
        run("--debug", "verify", "absent")
