"""Worker processes: how they start and end, what they hear, what they load, and how they answer."""

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from digitgen.build.executor import WorkerDiedError
from digitgen.build.processes import Processes
from digitgen.build.workers import workers
from digitgen.scratch import scratch_folder
from tests.build import tasks

ROOT = Path(__file__).parents[2]
linux_only = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells of processes in /proc")


def answers(function: Callable[[Any], Any], *todo: Any, jobs: int = 2) -> list[Any]:
    """What processes make of tasks, in order."""
    with closing(Processes(function, jobs)) as processes:
        return [future.result() for future in processes.submit([*todo])]


def children_of(process: int) -> set[int]:
    """The worker processes of a process."""
    listed = Path(f"/proc/{process}/task").glob("*/children")
    found = {int(child) for each in listed for child in each.read_text().split()}
    return {child for child in found if is_worker(child)}


def is_worker(process: int) -> bool:
    try:
        return b"digitgen.build.processes" in Path(f"/proc/{process}/cmdline").read_bytes()
    except OSError:  # it has ended
        return False


def is_gone(process: int) -> bool:
    """Whether a process has ended, or does within a moment."""
    end = time.monotonic() + 2
    while time.monotonic() < end:
        try:
            stat = Path(f"/proc/{process}/stat").read_text()
        except FileNotFoundError:
            return True
        if stat.split()[2] == "Z":  # it has, but whoever inherited it has not asked for its exit code
            return True
        time.sleep(0.01)
    return False


# How they start and end


@linux_only
@pytest.mark.parametrize("jobs", [1, 3])
def test_processes_are_so_many_children_of_this_one_and_end_when_they_are_closed(jobs: int) -> None:
    found = set(answers(tasks.own_family, *range(60), jobs=jobs))
    assert {parent for _, parent in found} == {os.getpid()}
    assert len(found) == jobs
    assert all(is_gone(worker) for worker, _ in found)


@linux_only
def test_no_process_is_left_when_a_run_is_closed_early() -> None:
    with workers(tasks.own_number, 2) as run:
        made = run(range(50))
        worker = next(made)
        made.close()
        assert is_gone(worker)
        assert not children_of(os.getpid())


@linux_only
def test_a_process_that_stands_still_is_ended_too() -> None:
    with closing(Processes(tasks.own_family, 2)) as processes:
        found = {processes.submit([number])[0].result()[0] for number in range(20)}
        for worker in found:
            os.kill(worker, signal.SIGSTOP)
    assert all(map(is_gone, found))


@linux_only
@pytest.mark.parametrize("answered", [0, 4], ids=["while they start", "at work"])
def test_processes_die_with_their_parent(answered: int) -> None:
    script = (
        "from digitgen.build.workers import workers\n"
        "from tests.build import tasks\n"
        "with workers(tasks.own_family, 2) as run:\n"
        "    for worker, _ in run(range(1000)):\n"
        "        print(worker, flush=True)\n"
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, cwd=ROOT) as parent:
        assert parent.stdout
        found = {int(parent.stdout.readline()) for _ in range(answered)}
        while not (children := children_of(parent.pid)):
            time.sleep(0.001)
        parent.kill()
    assert found <= children
    assert all(map(is_gone, children))


def test_a_call_whose_process_dies_fails_and_says_how_while_others_go_on() -> None:
    with closing(Processes(tasks.die_on_seven, 2)) as processes:
        futures = processes.submit([tasks.Task(number) for number in range(5, 10)])
        assert [future.result() for future in futures if future is not futures[2]] == [5, 6, 8, 9]
        with pytest.raises(WorkerDiedError, match=f"exit code -{signal.SIGKILL:d}"):
            futures[2].result()


def test_temporary_folders_of_a_process_that_dies_are_deleted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)  # so that it is asked again
    with scratch_folder() as ours:
        with pytest.raises(WorkerDiedError):
            answers(tasks.die_with_a_scratch_folder, 1)
        assert [str(path) for path in tmp_path.iterdir()] == [ours]


# What they hear


def test_processes_never_hear_ctrl_c_not_even_while_they_start() -> None:
    assert set(answers(tasks.is_deaf_to_interrupts, *range(20))) == {True}
    assert not tasks.is_deaf_to_interrupts(0)


@pytest.mark.parametrize("after", [0.0, 0.002, 0.05, 0.5])
def test_ctrl_c_at_any_time_ends_a_run_at_once(after: float) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    timer = threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT))
    started = time.monotonic()
    try:
        with pytest.raises(KeyboardInterrupt), workers(tasks.own_family, 2) as run:
            timer.start()
            for _ in run(range(1000)):
                pass
        assert time.monotonic() - started < after + 1
    finally:
        timer.cancel()
        signal.signal(signal.SIGINT, before)
    assert not [thread for thread in threading.enumerate() if "ThreadPoolExecutor" in thread.name]
    assert not children_of(os.getpid())


# What they load


def test_processes_load_nothing_from_the_current_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("threading", "pickle", "signal", "sitecustomize"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('loaded from the current folder')")
    monkeypatch.chdir(tmp_path)
    assert answers(tasks.module_path, 1) == [(sys.path, threading.__file__)]


@pytest.mark.parametrize(("users", "expected"), [(None, "1"), ("3", "3")], ids=["by default", "as the user says"])
def test_numerical_libraries_use_one_thread_unless_the_user_says_otherwise(
    users: str | None, expected: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    if users:
        monkeypatch.setenv("OMP_NUM_THREADS", users)
    assert answers(tasks.threads_of_libraries, 1) == [expected]


def test_processes_look_for_garbage_only_among_what_came_after_their_first_task() -> None:
    counts: dict[int, list[bool]] = {}
    for worker, count in answers(tasks.frozen, *range(20)):
        counts.setdefault(worker, []).append(count > 0)
    assert all(each == [False] + [True] * (len(each) - 1) for each in counts.values())


# How they answer


def test_errors_come_as_they_were_raised_with_where_that_was() -> None:
    with pytest.raises(OSError, match="No space left on device: 'a/file'") as caught:
        answers(tasks.fail, "ordinary")
    assert caught.value.errno == 28
    assert "in fail" in "".join(caught.value.__notes__)


def test_errors_that_cannot_be_pickled_come_as_text() -> None:
    with pytest.raises(RuntimeError, match=r"^StrangeError: 1 and 2$"):
        answers(tasks.fail, "strange")


def test_results_that_cannot_be_pickled_are_an_error() -> None:
    with pytest.raises(Exception, match="pickle"):
        answers(tasks.unpicklable, 1)


def test_what_is_printed_goes_to_stderr(capfd: pytest.CaptureFixture[str]) -> None:
    assert answers(tasks.talk, 1, 2, 3) == [1, 2, 3]
    printed = capfd.readouterr()
    assert printed.out == ""
    assert printed.err.count("or this?") == 3


@pytest.mark.parametrize("streams", ["2>&-", "<&- 2>&-", "<&- >&- 2>&-"])
def test_processes_work_where_streams_are_closed_as_under_a_daemon(streams: str, tmp_path: Path) -> None:
    (tmp_path / "script.py").write_text(
        "import pathlib, sys\n"
        "sys.path.insert(0, sys.argv[1])\n"
        "from tests.build.test_processes import answers, tasks\n"
        "pathlib.Path(sys.argv[2]).write_text(str(answers(tasks.talk, 1, 2)))\n"
    )
    command = [sys.executable, tmp_path / "script.py", ROOT, tmp_path / "found"]
    subprocess.run(f"exec {' '.join(map(str, command))} {streams}", shell=True, check=True, timeout=60)
    assert (tmp_path / "found").read_text() == "[1, 2]"
