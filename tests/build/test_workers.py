"""Running a function in worker processes that die, stand still or are no longer wanted."""

import gc
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import joblib
import pytest
from joblib._parallel_backends import LokyBackend

from digitgen import BuildError
from digitgen.build.workers import MAX_RETRIES, run


class Task(int):
    """A task with a name."""

    def __str__(self) -> str:
        return f"task {int(self)}"


def die_on_seven(task: Task) -> int:
    if task == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return int(task)


def die_once(arguments: tuple[Path, int]) -> int:
    folder, number = arguments
    marker = folder / str(number)
    if number % 5 == 0 and not marker.exists():
        marker.touch()
        os._exit(1)
    return number


def test_a_task_whose_worker_dies_once_is_done_again(tmp_path: Path) -> None:
    assert sorted(run(die_once, [(tmp_path, number) for number in range(12)], 2)) == list(range(12))


def test_a_task_that_always_kills_its_worker_is_named() -> None:
    with pytest.raises(BuildError, match=f"task 7: its worker process died, also when tried {MAX_RETRIES} times"):
        list(run(die_on_seven, [Task(number) for number in range(12)], 2))


def frozen_here(_: int) -> tuple[int, int]:
    return os.getpid(), gc.get_freeze_count()


def test_workers_look_for_garbage_only_among_what_came_after_their_first_task() -> None:
    frozen: dict[int, list[bool]] = {}
    for worker, count in run(frozen_here, list(range(20)), 2):
        frozen.setdefault(worker, []).append(count > 0)
    assert {tuple(sorted(each)) for each in frozen.values()} <= {(False, *[True] * rest) for rest in range(20)}
    assert gc.get_freeze_count() == 0


def parent_of_a_worker(_: int) -> tuple[int, int]:
    return os.getpid(), os.getppid()


def test_no_worker_is_left_when_a_run_is_closed_early() -> None:
    results = run(parent_of_a_worker, list(range(50)), 2)
    worker, parent = next(results)
    assert parent == os.getpid() != worker
    results.close()
    with pytest.raises(ProcessLookupError):
        os.kill(worker, 0)


def test_a_run_of_one_job_leaves_the_callers_own_workers_alone() -> None:
    with joblib.Parallel(n_jobs=2) as parallel:
        first = parallel(joblib.delayed(os.getpid)() for _ in range(4))
        results = run(parent_of_a_worker, list(range(5)), 1)
        next(results)
        results.close()
        for worker in first:  # perhaps one only, if the other was slower to start
            os.kill(worker, 0)


def test_a_process_ends_though_its_workers_stand_still() -> None:
    """Like one that was killed while it had the lock of a queue, a stopped worker never gives it back."""
    script = (
        "import os, signal\n"
        "from digitgen.build.workers import run\n"
        "for worker in set(run(lambda _: os.getpid(), range(20), 2)):\n"
        "    os.kill(worker, signal.SIGSTOP)\n"
    )
    ended = subprocess.run([sys.executable, "-c", script], timeout=60, capture_output=True, text=True, check=True)
    assert ended.stderr == ""


def test_workers_can_be_killed_where_pgrep_is_missing(tmp_path: Path) -> None:
    script = (
        "import os, pathlib, time\n"
        "from digitgen.build.workers import run\n"
        "def die_once(marker):\n"
        "    if not marker.exists():\n"
        "        marker.touch()\n"
        "        os._exit(1)\n"
        "    return os.getpid()\n"
        f"for worker in set(run(die_once, [pathlib.Path({str(tmp_path)!r}, str(number)) for number in range(4)], 2)):\n"
        "    print(worker)\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        env={**os.environ, "PATH": str(tmp_path)},
        timeout=60,
        capture_output=True,
        text=True,
        check=True,
    )
    assert ended.stderr == ""
    for worker in ended.stdout.split():
        with pytest.raises(ProcessLookupError):
            os.kill(int(worker), 0)


def is_deaf_to_interrupts(_: int) -> bool:
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_workers_never_hear_ctrl_c_not_even_while_they_start() -> None:
    assert set(run(is_deaf_to_interrupts, list(range(20)), 2)) == {True}
    assert not is_deaf_to_interrupts(0)


def test_ctrl_c_while_workers_start_waits_until_they_have(monkeypatch: pytest.MonkeyPatch) -> None:
    submit, struck = LokyBackend.submit, []

    def interrupted(*arguments: Any, **options: Any) -> Any:
        os.kill(os.getpid(), signal.SIGINT)
        struck.append(True)
        return submit(*arguments, **options)

    monkeypatch.setattr(LokyBackend, "submit", interrupted)
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with pytest.raises(KeyboardInterrupt):
            list(run(is_deaf_to_interrupts, list(range(20)), 2))
        assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    finally:
        signal.signal(signal.SIGINT, before)
    assert len(struck) > 1
