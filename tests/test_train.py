"""The suite that proves what data teach: its frame, and its experiments on a very small scale."""

import json
import math
from pathlib import Path

import numpy as np
import pytest

from benchmarks.measure import Gate
from benchmarks.train import suite
from benchmarks.train.experiment import Experiment, Figures, Trial
from benchmarks.train.suite import Result
from digitgen import GlyphBank, stream
from digitgen.errors import ArgumentError, SourceError

ROOT = Path(__file__).parent.parent


def result(seed: int, wrong: float) -> Result:
    return Result("some", seed, 1.0, 0.5, {"plain": {"wrong": wrong}, "warped": {"wrong": 1.0, "time": 12.0}})


SOME = Experiment("some", "Percent.", lambda _: {}, lambda means: [Gate("wrong", means["plain"]["wrong"], 2)])


def test_a_table_has_the_mean_and_the_range_over_the_seeds() -> None:
    assert suite.table(SOME, [result(1, 1.5), result(2, 1.9), result(3, 1.7)]).splitlines() == [
        "## some",
        "",
        "Percent. Mean of 3 seeds, and their range; 0.5 minutes of CPU each.",
        "",
        "|  | wrong | time |",
        "| --- | ---: | ---: |",
        "| plain | 1.70 (1.50 to 1.90) |  |",
        "| warped | 1.00 (1.00 to 1.00) | 12.0 (12.0 to 12.0) |",
    ]


def test_gates_are_held_against_the_means() -> None:
    assert SOME.gates(suite.means([result(1, 1), result(2, 4)]))[0].value == 2.5


@pytest.fixture
def experiments(monkeypatch: pytest.MonkeyPatch) -> dict[str, Experiment]:
    """Experiments in place of the suite's own."""
    from benchmarks.train import experiments

    made: dict[str, Experiment] = {}
    monkeypatch.setattr(experiments, "EXPERIMENTS", made)
    return made


@pytest.mark.training
def test_what_a_file_has_is_not_measured_again(experiments: dict[str, Experiment], tmp_path: Path) -> None:
    ran = []

    def run(trial: Trial) -> Figures:
        ran.append((trial.seed, trial.scale))
        return {"plain": {"wrong": float(trial.seed)}}

    experiments["some"] = Experiment("some", "Percent.", run)
    file = tmp_path / "measured.json"
    for seeds, scale in ((1, 1.0), (2, 1.0), (2, 1.0), (1, 0.5)):
        suite.run(seeds, file=file, scale=scale)
    assert ran == [(1, 1.0), (2, 1.0), (1, 0.5)]
    assert [each["figures"]["plain"]["wrong"] for each in json.loads(file.read_text())] == [1, 2, 1]


@pytest.mark.training
def test_what_was_measured_survives_an_experiment_that_fails(
    experiments: dict[str, Experiment], tmp_path: Path
) -> None:
    def fail(_: Trial) -> Figures:
        raise RuntimeError("lost")

    experiments["some"] = Experiment("some", "Percent.", lambda _: {"plain": {"wrong": 1.0}})
    experiments["other"] = Experiment("other", "Percent.", fail)
    file = tmp_path / "measured.json"
    with pytest.raises(RuntimeError, match="lost"):
        suite.run(1, file=file)
    assert [each["experiment"] for each in json.loads(file.read_text())] == ["some"]


@pytest.mark.training
def test_an_experiment_without_its_digits_is_left_out(
    experiments: dict[str, Experiment], capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: Trial) -> Figures:
        raise SourceError("QMNIST could not be had")

    experiments["absent"] = Experiment("absent", "Percent.", fail)
    experiments["some"] = Experiment("some", "Percent.", lambda _: {"plain": {"wrong": 1.0}})
    suite.run(1)
    out, err = capsys.readouterr()
    assert "seed 1: absent is left out: QMNIST could not be had" in err
    assert "## some" in out
    assert "## absent" not in out


@pytest.mark.training
def test_long_experiments_run_only_if_they_are_asked_for(
    experiments: dict[str, Experiment], monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from benchmarks.train import experiments as module

    experiments["some"] = Experiment("some", "Percent.", lambda _: {"plain": {"wrong": 1.0}})
    long = Experiment("some-long", "Percent.", lambda _: {"plain": {"wrong": 0.5}})
    monkeypatch.setattr(module, "LONG", {"some-long": long})
    for only, asked, shown in (
        ((), False, ["## some"]),
        ((), True, ["## some", "## some-long"]),
        (["some-long"], False, ["## some-long"]),
    ):
        suite.run(1, only, long=asked)
        assert [line for line in capsys.readouterr().out.splitlines() if line.startswith("#")] == shown


@pytest.mark.training
def test_a_file_of_something_else_and_unknown_experiments_are_refused(
    experiments: dict[str, Experiment], tmp_path: Path
) -> None:
    experiments["some"] = SOME
    file = tmp_path / "measured.json"
    file.write_text('[{"seed": 1}]')
    with pytest.raises(ArgumentError, match="expected what an earlier run of this suite wrote"):
        suite.run(1, file=file)
    with pytest.raises(ArgumentError, match="did you mean some"):
        suite.run(1, ["same"])


@pytest.mark.training
def test_every_experiment_measures_numbers(tmp_path: Path) -> None:
    file = tmp_path / "measured.json"
    suite.run(1, file=file, scale=0.001)
    measured = json.loads(file.read_text())
    assert {"ctc", "spacing", "leak", "ladder", "vae"} <= {each["experiment"] for each in measured}
    for each in measured:
        values = [value for row in each["figures"].values() for value in row.values()]
        assert values
        assert all(map(math.isfinite, values)), each["experiment"]


@pytest.mark.training
@pytest.mark.usefixtures("mnist")
def test_single_digits_to_train_on_are_those_of_mnist_themselves(mnist: GlyphBank) -> None:
    from benchmarks.train import single

    batch = next(stream(single.config("plain", seed=3), batch_size=64))
    glyphs = np.argsort(mnist.rows)[batch.glyph_ids[:, 0]]
    assert np.array_equal(batch.images, mnist.cells(glyphs))
    for warps in set(single.WARPS) - {"plain"}:
        warped = next(stream(single.config(warps, seed=3), batch_size=64))
        assert np.array_equal(warped.glyph_ids, batch.glyph_ids)
        assert (warped.images != batch.images).any(axis=(1, 2)).all()


@pytest.mark.training
def test_an_autoencoder_that_knows_nothing_is_surprised_by_every_pixel_alike() -> None:
    import torch

    from benchmarks.train import single, vae

    networks = vae._networks().requires_grad_(False)
    for weights in networks.parameters():
        torch.nn.init.zeros_(weights)
    images = torch.rand(8, single.PIXELS).bernoulli()
    surprise = vae._surprise(networks, images, torch.arange(8))
    assert float(surprise) == pytest.approx(single.PIXELS * math.log(2))
    torch.nn.init.ones_(networks["encoder"][2].bias[:1])  # a code whose mean is 1 in one dimension: half a nat more
    assert float(vae._surprise(networks, images, torch.arange(8)) - surprise) == pytest.approx(0.5, abs=1e-3)


@pytest.mark.training
def test_a_seed_measures_the_same_again(tmp_path: Path) -> None:
    for name in ("first", "second"):
        suite.run(1, ["ctc", "ladder", "vae"], file=tmp_path / f"{name}.json", predictions=tmp_path / name, scale=0.001)
    first, second = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("first", "second"))
    assert [each["figures"] for each in first] == [each["figures"] for each in second]
    read = {path.name: path.read_bytes() for path in (tmp_path / "first").iterdir()}
    assert read == {path.name: path.read_bytes() for path in (tmp_path / "second").iterdir()}
    assert read["clean-reads-overlapping-test-seed-1.csv"].count(b"\n") == 17


@pytest.mark.training
def test_the_page_shows_what_was_measured() -> None:
    from benchmarks.train.experiments import EXPERIMENTS, LONG

    measured = [Result(**each) for each in json.loads((ROOT / "benchmarks/train/measured.json").read_text())]
    page = (ROOT / "docs/proof.md").read_text(encoding="utf-8")
    names = {each.experiment for each in measured}
    assert {"ctc", "spacing", "mnist-c", "other-corruptions", "one-hand"} <= names
    for name in names:
        experiment = {**EXPERIMENTS, **LONG}[name]
        results = [each for each in measured if each.experiment == name]
        assert [each.seed for each in results] == ([1, 2, 3] if name in EXPERIMENTS else [1])
        assert {each.scale for each in results} == {1}
        assert suite.table(experiment, results) in page, name
        assert all(str(gate) in page for gate in experiment.gates(suite.means(results)))
