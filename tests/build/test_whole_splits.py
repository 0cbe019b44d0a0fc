"""Laws that hold of a whole split, in real builds: for any number of jobs, images and images a shard."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from digitgen.build.build import build_dataset
from digitgen.build.verify import verify_dataset
from digitgen.compose.content import Balanced, ContentLaw, Digits, Unique
from digitgen.config.load import load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.dataset.manifest import read_manifest
from digitgen.glyphs.bank import GlyphBank
from digitgen.look.report.claims import claims
from digitgen.look.report.counting import dataset_statistics
from tests.batches import batches_of
from tests.conftest import write_coded_glyphs
from tests.errors import message_of

CONFIG = """\
name: whole
seed: 5
image_width: 120
splits:
  train: {{count: 3000, source: {{images: {home}/images.idx, labels: {home}/labels.idx}}}}
sequence: {{length: [3, 4], {modifier}}}
spacing: {{range: [0, 2]}}
output: {{shard_size: 1024}}
"""
LAWS: dict[str, ContentLaw] = {
    "unique: true": Unique(Digits((3, 4))),
    "balance: digits": Balanced(Digits((3, 4)), "digits"),
    "balance: pairs": Balanced(Digits((3, 4)), "pairs"),
}
EXACT = {
    "digits": "every length and every digit comes exactly as often as it should",
    "pairs": "every length, every digit and every pair comes exactly as often as it should",
}
OVERRIDES = {"unique: true": ["splits.train.count=2000"]}


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("whole")
    write_coded_glyphs(home)
    for number, modifier in enumerate(LAWS):
        (home / f"{number}.yaml").write_text(CONFIG.format(home=home, modifier=modifier))
    return home


def build(home: Path, modifier: str, out: Path, *overrides: str, jobs: int = 1) -> DigitDataset:
    path = home / f"{list(LAWS).index(modifier)}.yaml"
    config = load_config(path, [*OVERRIDES.get(modifier, []), *overrides])
    build_dataset(config, out, jobs=jobs, fsync=False)
    return DigitDataset(out, "train")


@pytest.mark.parametrize("modifier", LAWS)
def test_an_image_depends_on_neither_count_nor_jobs_nor_shard_size(
    home: Path, tmp_path: Path, bank: GlyphBank, modifier: str
) -> None:
    long = build(home, modifier, tmp_path / "a")[:]
    more = build(home, modifier, tmp_path / "b", "splits.train.count=1400", "output.shard_size=2048")[:]
    for name, array in more.arrays().items():
        assert np.array_equal(array, long.arrays()[name][:1400]), name
    if modifier == "unique: true":
        build(home, modifier, tmp_path / "c", jobs=2)
        assert read_manifest(tmp_path / "c") == read_manifest(tmp_path / "a")
    assert verify_dataset(tmp_path / "a", regenerate=20, rng=1).ok
    batch = next(batches_of((0, 2), 120, content=LAWS[modifier], batch_size=1500, seed=5, glyphs=bank))
    assert batch.texts == long.texts[:1500]


def test_no_string_comes_twice_and_the_report_agrees(home: Path, tmp_path: Path) -> None:
    data = build(home, "unique: true", tmp_path / "out")
    assert Counter(map(len, data[:].texts)) == {3: 1000, 4: 1000}
    assert len(set(data[:].texts)) == 2000
    found = dataset_statistics(tmp_path / "out", read_manifest(tmp_path / "out"), jobs=1)
    assert found.suspicious == []
    train = found.splits[0]
    assert [test.p for test in train.tests if test.claim == "no string comes twice"] == [1.0]
    hashes = train.tally["string hashes"]
    assert len(hashes) == 2000
    hashes[7] = hashes[1900]
    tests = claims(found.config, train.name, train.entry, train.tally, train.laws, train.parameters)
    assert [test.p for test in tests if test.claim == "no string comes twice"] == [0.0]


@pytest.mark.parametrize("balance", ["digits", "pairs"])
def test_balance_is_exact_and_the_report_tests_it(home: Path, tmp_path: Path, balance: str) -> None:
    data = build(home, f"balance: {balance}", tmp_path / "out")
    for length in (3, 4):
        texts = [text for text in data[:].texts if len(text) == length]
        for place in range(length):
            assert set(Counter(text[place] for text in texts).values()) == {150}
            if balance == "pairs" and place:
                pairs = Counter(text[place - 1 : place + 1] for text in texts)
                assert (len(pairs), set(pairs.values())) == (100, {15})
    found = dataset_statistics(tmp_path / "out", read_manifest(tmp_path / "out"), jobs=1)
    assert found.suspicious == []
    train = found.splits[0]
    assert [test.p for test in train.tests if test.claim == EXACT[balance]] == [1.0]
    if balance == "digits":
        train.tally["digits"][1, [3, 4]] += [1, -1]
    else:
        train.tally["neighbours"][0, 7, [3, 4]] += [1, -1]
    tests = claims(found.config, train.name, train.entry, train.tally, train.laws, train.parameters)
    assert [test.p for test in tests if test.claim == EXACT[balance]] == [0.0]


def test_splits_for_which_it_cannot_hold_are_refused_where_their_count_stands(home: Path) -> None:
    for number, override, words in (
        (
            0,
            "splits.train.count=2001",
            "2,000 images at most: the 1,000 strings of length 3 are for 1 in 2 images",
        ),
        (0, "sequence.length=2", "there are 100 strings, and none may come twice; got 3,000 images"),
        (1, "splits.train.count=1001", "must be a multiple of 20 images, so that digits come equally often; got 1,001"),
        (2, "splits.train.count=1100", "must be a multiple of 200 images, so that pairs come equally often; got 1,100"),
    ):
        message = message_of(load_config, home / f"{number}.yaml", [override])
        assert "splits.train.count: " in message
        assert words in message
    both = message_of(load_config, home / "1.yaml", ["sequence.unique=true"])
    assert "sequence.unique: strings cannot be unique and balanced at once; leave one out" in both
    wrong = message_of(load_config, home / "1.yaml", ["sequence.balance=digit"])
    assert wrong.endswith("sequence.balance: must be one of digits, pairs; got 'digit'; did you mean digits?")
