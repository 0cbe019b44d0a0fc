"""A second law is one file and one line: everything that asks the law works with it."""

import json
import re
import subprocess
import sys
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from digitgen.compose.content import LAWS
from digitgen.errors import ArgumentError
from digitgen.glyphs.bank import GlyphBank
from digitgen.glyphs.idx import encode_idx
from tests.batches import batches_of
from tests.compose.content.examples import assert_knows_what_it_samples
from tests.conftest import coded_glyphs
from tests.lines_law import Lines
from tests.reference import assert_follows

STRINGS = ["350", "350", "350", "7", "7", "0042", "31", "31"]
CONFIG = """\
name: listed
image_width: 120
splits:
  train: {count: 3000, source: {images: images.idx, labels: labels.idx}}
sequence: {lines: strings.txt}
spacing: {range: [0, 3]}
augment: {sequence: [{step: shot_noise, severity: [1, 5], p: 0.5}]}
"""
REGISTERED = """\
import sys
from digitgen.compose.content import LAWS
from tests.lines_law import Lines
LAWS["lines"] = Lines
from digitgen.cli import main
sys.exit(max(main(line.split(",")) for line in sys.argv[1:]))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with glyphs that lack the digits which no string has, strings, and a configuration."""
    home = tmp_path_factory.mktemp("second")
    images, labels = coded_glyphs()
    wanted = np.isin(labels, [0, 1, 2, 3, 4, 5, 7])
    (home / "images.idx").write_bytes(encode_idx(images[wanted]))
    (home / "labels.idx").write_bytes(encode_idx(labels[wanted]))
    (home / "strings.txt").write_text("\n".join(STRINGS))
    (home / "config.yaml").write_text(CONFIG)
    return home


def digitgen(home: Path, *lines: str) -> subprocess.CompletedProcess[str]:
    """Run commands in a process that has the law in its table; arguments are joined by commas."""
    return subprocess.run(
        [sys.executable, "-c", REGISTERED, *lines],
        cwd=home,
        env={"PYTHONPATH": str(Path(__file__).parents[3]), "PATH": "", "HOME": str(home)},
        capture_output=True,
        text=True,
    )


def wrong(home: Path, *sequences: str) -> list[str]:
    """What a command says about configurations 0.yaml, 1.yaml, ... with these sequence sections."""
    for number, sequence in enumerate(sequences):
        (home / f"{number}.yaml").write_text(CONFIG.replace("{lines: strings.txt}", sequence))
    done = digitgen(home, *(f"build,{number}.yaml,--out,wrong" for number in range(len(sequences))))
    assert done.returncode == 2
    return [line.removeprefix("digitgen: ") for line in done.stderr.splitlines()]


def test_a_build_of_it_is_what_its_report_expects(home: Path) -> None:
    done = digitgen(
        home,
        "build,config.yaml,--out,out,--jobs,1",
        "verify,out,--regenerate,50",
        "preview,out,-o,preview.png,--count,4",
        "report,out,-o,report.html",
        "inspect,out,--json",
    )
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    train = figures["splits"]["train"]
    assert figures["suspicious"] == []
    assert [(test["claim"], test["p"] is not None) for test in train["tests"][:3]] == [
        ("lengths are those of the file", True),
        ("gaps are uniform from 0 to 3 px among those that fit", True),
        ("at every position, digits are those of the file", True),
    ]
    assert train["lengths"].keys() == set("1234")
    assert [digit for digit, count in enumerate(train["digits"]) if not count] == [6, 8, 9]
    assert figures["recipe"]["sequence"] == {"lines": "strings.txt", "weights": []}
    page = (home / "report.html").read_text()
    assert "Claim: lengths are those of the file; p = " in page
    assert (home / "preview.png").stat().st_size > 0


def test_what_is_wrong_in_its_section_is_told_with_its_place(home: Path) -> None:
    (home / "words.txt").write_text("350\nseven\n")
    (home / "long.txt").write_text("1\n12345\n")
    said = wrong(
        home,
        "{lines: words.txt}",
        "{lines: nowhere.txt}",
        "{lines: 350}",
        "{lines: strings.txt, length: 3}",
        "{words: strings.txt}",
        "{linse: strings.txt}",
        "{lines: strings.txt, line: 3}",
        "{lines: long.txt}",
        "{lines: strings.txt, weights: 3}",
        "{lines: strings.txt, weights: [1, '3']}",
        "{lines: strings.txt, weights: [1, 2.5]}",
    )
    keys = f"must have just one of the keys {', '.join(LAWS)}, lines; got"
    expected = [
        "0.yaml:5:19: sequence.lines: words.txt has a line that is no string of digits, or none at all",
        "1.yaml:5:19: sequence.lines: nowhere.txt cannot be read: No such file or directory",
        "2.yaml:5:19: sequence.lines: must be the path of a file; got 350",
        f"3.yaml:5:11: sequence: {keys} {{'length': 3, 'lines': 'strings.txt'}}",
        f"4.yaml:5:11: sequence: {keys} {{'words': 'strings.txt'}}",
        "5.yaml:5:11: sequence.lines: is missing",
        "5.yaml:5:12: sequence.linse: unknown key; did you mean lines?",
        "6.yaml:5:32: sequence.line: unknown key; did you mean lines?",
        "7.yaml:2:14: 5 digits need at least 140 px (each 28, smallest gap 0); image_width is 120",
        "8.yaml:5:41: sequence.weights: must be a list; got 3",
        "9.yaml:5:45: sequence.weights.1: input should be a valid number; got '3'",
        "10.yaml:5:41: sequence.weights: must be 8, one a line; got 2",
    ]
    assert said == expected


def test_the_schema_has_its_section(home: Path) -> None:
    schema = json.loads(digitgen(home, "schema").stdout)
    section: dict[str, Any] = schema["$defs"]["LinesConfig"]
    assert section["description"] == "The strings of a file, as likely as they are weighted."
    assert section["required"] == ["lines"]
    assert section["additionalProperties"] is False
    refs = {each["$ref"].rpartition("/")[2] for each in schema["properties"]["sequence"]["anyOf"]}
    assert refs == {"LinesConfig", *(f"{law.__name__}Config" for law in LAWS.values())}


@pytest.mark.parametrize("weights", [(), (3.0, 0, 0, 1, 2, 2, 1, 1)])
def test_it_knows_what_it_samples(home: Path, weights: tuple[float, ...]) -> None:
    assert_knows_what_it_samples(Lines(home / "strings.txt", weights))


def test_a_stream_takes_it(home: Path, bank: GlyphBank) -> None:
    content = Lines(home / "strings.txt")
    batch = next(batches_of((0, 3), 120, content=content, batch_size=4000, seed=3, glyphs=bank))
    law = {text: Fraction(STRINGS.count(text), len(STRINGS)) for text in STRINGS}
    assert_follows((sample.text for sample in batch), law)


def test_a_stream_refuses_what_is_no_law(bank: GlyphBank) -> None:
    with pytest.raises(ArgumentError, match=re.escape("such as Digits((1, 5)); got [1, 5]")):
        batches_of((0, 3), 120, content=[1, 5], glyphs=bank)  # type: ignore[arg-type]
