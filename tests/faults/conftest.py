"""Fixtures of the fault tests, and the table of what they injected."""

import random
import shutil
import signal
from collections import Counter, defaultdict
from collections.abc import Generator, Iterator
from pathlib import Path

import pytest

from tests.faults.helpers import COUNT, SEED, Record, Yard

_TABLE: defaultdict[str, Counter[str]] = defaultdict(Counter)
_FAILED = pytest.StashKey[bool]()


@pytest.fixture(scope="session")
def _yard(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Yard]:
    signal.signal(signal.SIGINT, signal.default_int_handler)  # builds would inherit that it is ignored, as under nohup
    yard = Yard(tmp_path_factory.mktemp("faults"))
    yield yard
    shutil.rmtree(yard.home)


@pytest.fixture
def yard(_yard: Yard) -> Iterator[Yard]:
    """Where builds are run; none of them outlives the test."""
    yield _yard
    _yard.tidy()


@pytest.fixture
def out(tmp_path: Path) -> Iterator[Path]:
    """A dataset folder to be."""
    yield tmp_path / "out"
    shutil.rmtree(tmp_path)


@pytest.fixture
def rng(request: pytest.FixtureRequest) -> random.Random:
    """Numbers that depend on DIGITGEN_FAULTS_SEED, the test and its turn alone; see `helpers.times`."""
    return random.Random(f"{SEED} {request.node.name}")


@pytest.fixture
def record(request: pytest.FixtureRequest) -> Iterator[Record]:
    """The test's line in the table; what its assertions deny is counted as such."""
    record = Record()
    yield record
    if record.injected:
        failed = request.node.stash.get(_FAILED, False)
        _TABLE[record.injected][f"FAILED ({record.happened})" if failed else record.happened] += 1


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if report.when == "call":
        item.stash[_FAILED] = report.failed
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    if not _TABLE:
        return
    terminalreporter.section(f"faults (DIGITGEN_FAULTS_SEED={SEED}, DIGITGEN_FAULTS_COUNT={COUNT})")
    terminalreporter.write_line("| what was injected | how often | what happened |")
    terminalreporter.write_line("|---|---|---|")
    for injected, counts in _TABLE.items():
        happened = "; ".join(f"{count} {what}" for what, count in counts.most_common())
        terminalreporter.write_line(f"| {injected} | {counts.total()} | {happened} |")
