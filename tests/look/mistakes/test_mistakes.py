"""A model's mistakes, from a real dataset and files of predictions to the page and the command line."""

import html
import json
import re
import signal
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from digitgen.build.build import build_dataset
from digitgen.cli import program as cli
from digitgen.config.load import load_config
from digitgen.dataset.digit_dataset import DigitDataset
from digitgen.errors import PredictionError
from digitgen.look.mistakes.page import mistakes_page
from digitgen.look.mistakes.study import Study, study, to_json
from digitgen.look.mistakes.summary import LOST
from tests.broken_model import read_badly, write_csv
from tests.hands import SOURCE, write_source

CONFIG = """\
name: touching
seed: 11
image_width: 150
splits:
  train: {count: 60, source: mnist/train}
  test: {count: 2500, source: mnist/test}
sequence: {length: [1, 6]}
spacing: {unit: ink, range: [-6, 6]}
"""
HEADLINE = re.compile(r'<p class="headline">(.*?)</p>')


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a dataset `data`, and predictions: of a broken model, of one less so, and all right."""
    home = tmp_path_factory.mktemp("mistakes")
    (home / "config.yaml").write_text(CONFIG)
    build_dataset(load_config(home / "config.yaml"), home / "data", jobs=1, fsync=False)
    test = list(DigitDataset(home / "data", "test"))
    write_csv(home / "broken.csv", read_badly(test))
    write_csv(home / "better.csv", read_badly(test, breakage=0.3))
    write_csv(home / "right.csv", [sample.text for sample in test])
    write_csv(home / "blind.csv", [""] * len(test))
    return home


@pytest.fixture(scope="module")
def dataset(home: Path) -> DigitDataset:
    return DigitDataset(home / "data", "test")


@pytest.fixture(scope="module")
def broken(home: Path, dataset: DigitDataset) -> Study:
    return study(dataset, [home / "broken.csv"])


@pytest.fixture(scope="module")
def page_of_broken(broken: Study) -> bytes:
    return mistakes_page(broken)


@pytest.fixture(scope="module")
def pair(home: Path, dataset: DigitDataset) -> Study:
    return study(dataset, [home / "broken.csv", home / "better.csv"])


def headlines(page: bytes) -> list[str]:
    return [html.unescape(each) for each in HEADLINE.findall(page.decode())]


def test_the_page_names_the_pair_and_the_condition_that_a_broken_model_confuses(
    broken: Study, page_of_broken: bytes
) -> None:
    (pattern,) = broken.models[0].mistakes.patterns
    assert pattern.name == "4 read as 9 when digits overlap"
    assert 0.85 < pattern.rate < 0.95
    assert pattern.elsewhere < 0.02
    assert headlines(page_of_broken) == [f"4 read as 9 when digits overlap: {100 * pattern.share:.0f} % of errors"]
    text = page_of_broken.decode()
    assert text.index("4 read as 9") < text.index("<section")
    assert text.count("read as 9") > 5


def test_rates_equal_a_count_by_hand(broken: Study, home: Path, dataset: DigitDataset) -> None:
    texts = [line.split(",")[1] for line in (home / "broken.csv").read_text().splitlines()[1:]]
    truth = [sample.text for sample in dataset]
    found = broken.models[0].mistakes
    assert found.images == 2500
    assert found.wrong_images == sum(one != other for one, other in zip(truth, texts, strict=True))
    assert found.sequence_error_rate.value == found.wrong_images / 2500
    digits = sum(map(len, truth))
    assert found.digit_error_rate.value == found.distances.sum() / digits
    assert found.confusion.sum() == digits
    lost, added = found.confusion[:, LOST].sum(), found.added.sum()
    misread = found.confusion[:, :LOST].sum() - np.trace(found.confusion)
    assert lost + added + misread + found.swapped == pytest.approx(found.distances.sum())
    assert sum(map(len, texts)) == pytest.approx(digits + added - lost)
    wrong = found.confusion.copy()
    np.fill_diagonal(wrong, 0)
    assert wrong[4, 9] == wrong.max()


def test_effects_are_ranked_by_the_lower_bound_of_their_errors(broken: Study) -> None:
    effects = broken.models[0].mistakes.effects
    assert {effect.factor for effect in effects[:2]} == {"Digit", "Overlap with a neighbour's ink box"}
    assert [effect.excess.low for effect in effects] == sorted((each.excess.low for each in effects), reverse=True)
    assert all(effect.difference.low > 0 for effect in effects)
    assert len({effect.factor for effect in effects}) == len(effects)


@pytest.mark.usefixtures("no_plots")
def test_the_page_of_a_perfect_model_says_that_all_is_right(home: Path, dataset: DigitDataset) -> None:
    found = study(dataset, [home / "right.csv"])
    assert found.models[0].mistakes.effects == []
    assert headlines(mistakes_page(found)) == ["All 2,500 sequences are read exactly."]


@pytest.mark.usefixtures("no_plots")
def test_a_model_that_reads_nothing_has_a_page(home: Path, dataset: DigitDataset) -> None:
    found = study(dataset, [home / "blind.csv"])
    assert found.models[0].mistakes.digit_error_rate.value == 1
    assert "read as nothing" in mistakes_page(found).decode()


@pytest.mark.usefixtures("no_plots")
def test_the_page_says_so_when_errors_are_spread_by_chance(home: Path, dataset: DigitDataset) -> None:
    found = study(dataset, [write_csv(home / "chance.csv", read_badly(dataset, breakage=0))])
    assert headlines(mistakes_page(found))[0].startswith("No digit and no condition stands out")


@pytest.mark.usefixtures("no_plots")
def test_two_models_are_compared_image_by_image(pair: Study) -> None:
    found = pair.comparison
    assert found is not None
    first, second = (model.mistakes.distances > 0 for model in pair.models)
    assert found.only_first_wrong == (first & ~second).sum() > 100
    assert found.only_second_wrong == (~first & second).sum()
    assert found.both_right + found.only_first_wrong + found.only_second_wrong + found.both_wrong == 2500
    assert found.p_value < 1e-10
    assert found.difference.low < found.difference.value == second.mean() - first.mean() < found.difference.high < 0
    assert {group.factor for group in found.groups[:2]} == {"Digit", "Overlap with a neighbour's ink box"}
    assert found.groups[0].second < found.groups[0].first
    also = {group.factor: group.also for group in found.groups}
    assert any(name.startswith("Smaller of the gaps") for name in also["Overlap with a neighbour's ink box"])
    page = mistakes_page(pair)
    assert headlines(page)[0].startswith("better reads more sequences than broken")
    assert "Only broken gets these wrong" in page.decode()


@pytest.mark.usefixtures("no_plots")
def test_models_are_told_apart_below_a_p_value_of_5_percent(pair: Study) -> None:
    assert pair.comparison is not None
    said = {}
    for p_value in (0.049, 0.051):
        page = mistakes_page(replace(pair, comparison=replace(pair.comparison, p_value=p_value)))
        said[p_value] = headlines(page)[0].split(":")[0]
    assert said == {0.049: "better reads more sequences than broken", 0.051: "broken and better cannot be told apart"}


def test_the_command_prints_how_two_models_differ(home: Path, pair: Study, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, home / "data", home / "broken.csv", home / "better.csv")
    assert (code, err) == (0, "")
    assert pair.comparison is not None
    assert out.splitlines()[-1].startswith(
        f"only broken wrong: {pair.comparison.only_first_wrong:,}; only better wrong: "
        f"{pair.comparison.only_second_wrong:,}; McNemar's exact test: p < 0.0001"
    )


@pytest.mark.usefixtures("no_plots")
def test_a_model_compared_with_itself_cannot_be_told_apart(home: Path, dataset: DigitDataset) -> None:
    found = study(dataset, [home / "broken.csv", home / "broken.csv"])
    assert found.comparison is not None
    assert (found.comparison.p_value, found.comparison.groups) == (1.0, [])
    assert [model.name for model in found.models] == [str(home / "broken.csv")] * 2
    assert "cannot be told apart" in headlines(mistakes_page(found))[0]


@pytest.mark.usefixtures("no_plots")
def test_the_page_shows_writers_and_what_augmentation_sampled(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(
        CONFIG.replace("count: 2500", "count: 600").replace("length: [1, 6]", "length: [2, 3]")
        + "augment: {sequence: [{step: gaussian_noise, severity: [1, 5], p: 0.5}, {step: rotate, angle: [-0.1, 0.1]}]}"
    )
    build_dataset(load_config(tmp_path / "config.yaml"), tmp_path / "data", jobs=1, fsync=False)
    dataset = DigitDataset(tmp_path / "data", "test")
    name = "augment/sequence_0_gaussian_noise_severity"
    severity = np.nan_to_num(dataset.arrays([name])[name])
    texts = ["" if severity[sample.index] >= 4 else sample.text for sample in dataset]
    writers = np.arange(10_000) // 100
    found = study(dataset, [write_csv(tmp_path / "a.csv", texts)], writers=writers)
    assert [each.name for each in found.models[0].mistakes.patterns] == [
        "Digits not read at all where gaussian_noise.severity is at least 4"
    ]
    page = mistakes_page(found).decode()
    for name in ("gaussian_noise.severity", "gaussian_noise: touched", "rotate.angle, rad", "size of rotate.angle"):
        assert name in page
    assert "Writer: the 20 worst of 100" in page
    with pytest.raises(PredictionError, match="there are 50 writers, but 10,000 glyphs in mnist/test"):
        study(dataset, [tmp_path / "a.csv"], writers=writers[:50])


def test_a_hand_that_a_model_cannot_read_is_found_where_writers_are_stored(tmp_path: Path) -> None:
    write_source(tmp_path)
    (tmp_path / "config.yaml").write_text(
        f"""
name: hands
image_width: 140
splits: {{test: {{count: 2000, source: {SOURCE}}}}}
sequence: {{length: [2, 4]}}
spacing: {{range: [0, 8]}}
hand: one
"""
    )
    build_dataset(load_config(tmp_path / "config.yaml"), tmp_path / "data", jobs=1, fsync=False)
    dataset = DigitDataset(tmp_path / "data", "test")
    texts = ["" if sample.writers is not None and sample.writers[0] == 8 else sample.text for sample in dataset]
    found = study(dataset, [write_csv(tmp_path / "a.csv", texts)])
    assert [each.name for each in found.models[0].mistakes.patterns] == [
        "Digits not read at all in the hand of writer 8"
    ]


@pytest.mark.parametrize("length", ["1", "[1, 2]"])
def test_three_images_of_short_sequences_have_a_page(tmp_path: Path, length: str) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.replace("[1, 6]", length).replace("2500", "3"))
    build_dataset(load_config(tmp_path / "config.yaml"), tmp_path / "data", jobs=1, fsync=False)
    found = study(DigitDataset(tmp_path / "data", "test"), [write_csv(tmp_path / "a.csv", ["5", "", "123"])])
    assert mistakes_page(found).startswith(b"<!doctype html>")


# The command


def run(capsys: pytest.CaptureFixture[str], *arguments: object) -> tuple[int, str, str]:
    """Run the command; its code, stdout and stderr."""
    handlers = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        code = cli.main(["mistakes", *map(str, arguments)])
    except SystemExit as end:
        code = int(end.code or 0)
    finally:
        for number, handler in handlers.items():
            signal.signal(number, handler)
    captured = capsys.readouterr()
    return code, captured.out, captured.err


@pytest.mark.usefixtures("no_plots")
def test_the_command_prints_the_patterns_and_writes_the_page(
    home: Path, tmp_path: Path, broken: Study, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    code, out, err = run(capsys, home / "data", home / "broken.csv", "-o", page)
    assert (code, err) == (0, "")
    lines = out.splitlines()
    assert re.match(r"broken: \d+ of 2,500 sequences wrong, [\d.]+ % \([\d.]+ to [\d.]+\); edits per digit", lines[0])
    assert lines[1].startswith("broken: 4 read as 9 when digits overlap: ")
    assert lines[2] == str(page)
    assert page.read_bytes() == mistakes_page(broken)  # made from the same files once more
    code, out, err = run(capsys, home / "data", home / "broken.csv", "-o", page)
    assert (code, out) == (1, "")
    assert err == f"digitgen: {page} exists; name another file, or replace it with --force\n"


def test_the_command_says_when_nothing_stands_out_or_everything_does(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(capsys, home / "data", home / "right.csv")[1].endswith("right: All 2,500 sequences are read exactly.\n")
    write_csv(tmp_path / "nothing.csv", [""] * 2500)
    said = run(capsys, home / "data", tmp_path / "nothing.csv")[1].splitlines()[1]
    assert re.fullmatch(r"nothing: Digits not read at all: 100 % of errors \(([\d,]+) of \1 digits\)", said)


@pytest.mark.usefixtures("no_plots")
def test_the_command_replaces_a_page_with_force(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    page = tmp_path / "page.html"
    page.write_text("what was there")
    assert run(capsys, home / "data", home / "right.csv", "-o", page, "--force")[0] == 0
    assert headlines(page.read_bytes()) == ["All 2,500 sequences are read exactly."]


@pytest.mark.usefixtures("no_plots")
def test_predictions_that_went_through_numbers_are_called_out_before_the_model_is_blamed(
    home: Path, dataset: DigitDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    texts = [sample.text for sample in dataset]
    numbers = write_csv(tmp_path / "numbers.csv", [str(int(text)) for text in texts])
    count = sum(len(text) > 1 and text[0] == "0" for text in texts)
    said = (
        f"No prediction of two or more digits begins with 0, though {count} images do: leading zeros seem to be lost, "
        "as in a column of numbers. Write predictions as text."
    )
    code, out, _ = run(capsys, home / "data", numbers, "-o", page)
    assert code == 0
    assert out.splitlines()[0] == f"numbers: {said}"
    assert headlines(page.read_bytes())[0] == said
    _, out, _ = run(capsys, home / "data", numbers, home / "right.csv", "--json")
    assert [model["lost_zeros"] for model in json.loads(out)["models"]] == [count, None]


@pytest.mark.usefixtures("no_plots")
def test_predictions_that_are_off_by_a_row_are_called_out_before_the_model_is_blamed(
    home: Path, dataset: DigitDataset, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    page = tmp_path / "page.html"
    texts = read_badly(dataset)
    moved = write_csv(tmp_path / "moved.csv", texts[1:] + texts[:1])
    code, out, _ = run(capsys, home / "data", moved, "-o", page)
    assert code == 0
    said = re.fullmatch(
        r"moved: (MISALIGNED\? [\d,]+ of [\d,]+ wrong predictions are the label of the image 1 row after .*)",
        out.splitlines()[0],
    )
    assert said
    assert (
        len(out.splitlines()) == 3
    )  # and the rates, and the name of the page: patterns would say nothing of the model
    assert headlines(page.read_bytes()) == [said[1]]
    _, out, _ = run(capsys, home / "data", moved, home / "right.csv", "--json")
    one, other = (model["misalignment"] for model in json.loads(out)["models"])
    assert (one["shift"], one["split"], other) == (1, None, None)


@pytest.mark.usefixtures("no_plots")
def test_predictions_of_another_split_are_called_out_with_its_name(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG.replace("2500", "60"))
    build_dataset(load_config(tmp_path / "config.yaml"), tmp_path / "data", jobs=1, fsync=False)
    train = write_csv(tmp_path / "train.csv", DigitDataset(tmp_path / "data", "train")[:].texts)
    _, out, _ = run(capsys, tmp_path / "data", train, "--split", "test")
    assert "wrong predictions are the labels of the split train. Name the split that was read." in out.splitlines()[0]


def test_json_has_the_figures_of_the_study(home: Path, pair: Study, capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = run(capsys, home / "data", home / "broken.csv", home / "better.csv", "--json")
    assert (code, err) == (0, "")
    assert json.loads(out) == json.loads(json.dumps(to_json(pair)))
    assert json.loads(out)["models"][0]["patterns"][0]["what"] == "4 read as 9"


def test_the_command_refuses_in_one_line_what_it_cannot_do(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    data, good = home / "data", home / "broken.csv"
    wrong = write_csv(tmp_path / "wrong.csv", ["1", "x"])
    for name in ("endless.csv", "endless.jsonl", "endless.npy"):
        (tmp_path / name).symlink_to("/dev/zero")
    device = "cannot be read: it is neither a regular file nor a pipe"
    for arguments, code, message in (
        ((data, wrong), 1, f"{wrong}:3: a prediction is digits from 0 to 9, or nothing; got 'x'"),
        ((data, good, "--split", "train"), 1, f"{good}:62: id 60 is not in the split, whose ids are 0 to 59"),
        ((data, good, "--split", "dev"), 1, f"{data}: has no split 'dev'; it has test, train"),
        ((data, good, good, good), 2, "one or two files of predictions can be looked at; got 3"),
        ((data, good, "-o", "page.pdf"), 2, "page.pdf: the file must end in .html, or be a folder that exists"),
        ((data, good, "-o", tmp_path / "no/p.html"), 2, f"{tmp_path}/no: there is no such folder"),
        ((tmp_path / "no", good), 1, f"{tmp_path}/no: there is no such dataset folder"),
        ((data, good, "--writers", wrong), 1, f"{wrong}: not a whole .npy file: it is text"),
        *(((data, each), 1, f"{each}: {device}") for each in tmp_path.glob("endless.*")),
        ((data, good, "--writers", tmp_path / "endless.npy"), 1, f"{tmp_path}/endless.npy: {device}"),
    ):
        found, out, err = run(capsys, *arguments)
        assert (found, out) == (code, "")
        assert err.startswith(f"digitgen: {message}")
        assert err.count("\n") == 1


def test_the_split_defaults_to_test_or_to_the_only_one(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    text = CONFIG.replace("2500", "5").replace("60,", "5,")
    for name, config, code in (
        ("only", re.sub(r"  test: .*\n", "", text), 0),
        ("many", text.replace("  test:", "  dev:"), 1),
    ):
        (tmp_path / "config.yaml").write_text(config)
        build_dataset(load_config(tmp_path / "config.yaml"), tmp_path / name, jobs=1, fsync=False)
        texts = write_csv(tmp_path / "a.csv", ["1"] * 5)
        found, _, err = run(capsys, tmp_path / name, texts)
        assert found == code
    assert err == f"digitgen: {tmp_path}/many: name one of its splits with --split: dev, train\n"
