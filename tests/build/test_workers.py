"""Calling a function for many tasks: results as they come, tasks again whose worker died, and joblib's back ends."""

import os
import re
import signal
import warnings
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import joblib
import pytest
from joblib.parallel import ThreadingBackend, get_active_backend

from digitgen import ArgumentError, BuildError
from digitgen.build.executor import MAX_RETRIES, WorkerDiedError, collect
from digitgen.build.workers import cpu_count, workers
from tests.build import tasks


def results(function: Callable[[Any], Any], todo: list[Any], jobs: int = 2) -> list[Any]:
    """What workers make of tasks."""
    with workers(function, jobs) as run:
        return list(run(todo))


# Death


def test_a_task_whose_worker_dies_once_is_done_again(tmp_path: Path) -> None:
    assert sorted(results(tasks.die_once, [(tmp_path, number) for number in range(12)])) == list(range(12))


def test_a_task_that_always_kills_its_worker_is_named() -> None:
    with pytest.raises(BuildError, match=f"^task 7: its worker process died, also when tried {MAX_RETRIES} times"):
        results(tasks.die_on_seven, [tasks.Task(number) for number in range(12)])


def test_a_worker_that_dies_costs_no_task_but_its_own_which_is_then_tried_by_itself(tmp_path: Path) -> None:
    done = set()
    with workers(tasks.die_of_the_first, 2) as run, pytest.raises(BuildError, match="by itself"):
        for number in run((tmp_path, number) for number in range(40)):
            done.add(number)
    begun = [int(line) for line in (tmp_path / "begun").read_text().split()]
    assert begun[-MAX_RETRIES:] == [0] * MAX_RETRIES
    assert sorted(begun) == sorted([*done, *[0] * (1 + MAX_RETRIES)])
    assert 1 <= len(done) < 39  # nothing new was begun


class Blaming:
    """An executor whose tasks die by the number of workers that is planned for each try."""

    workers = most = 4
    bulk = 1
    is_elsewhere = True

    def __init__(self, plan: dict[int, list[int]]) -> None:
        self.plan, self.at_once, self.running = plan, list[int](), 0

    def submit(self, tasks: list[int]) -> list[Future[int]]:
        return [self.answer(task) for task in tasks]

    def answer(self, task: int) -> Future[int]:
        answer = Future[int]()
        if self.plan.get(task):
            answer.set_exception(WorkerDiedError("killed", self.plan[task].pop(0)))
        else:
            answer.set_result(task)
        return answer

    def close(self) -> None:
        """Nothing."""


def test_a_task_that_died_beside_others_is_not_blamed_before_it_dies_by_itself() -> None:
    innocent: Any = Blaming({1: [4], 2: [4]})  # as where a scheduler gave them to four workers first
    assert sorted(collect(innocent, range(5))) == [0, 1, 2, 3, 4]
    guilty: Any = Blaming({1: [4], 2: [4, 4]})
    with pytest.raises(BuildError, match=r"^2: its worker process died, also when tried 1 time by itself"):
        list(collect(guilty, range(5)))


def test_tasks_go_out_in_bundles_of_the_size_that_is_asked_for() -> None:
    executor: Any = Blaming({})
    executor.most, executor.bulk, sizes = 8, 4, list[int]()
    submit = executor.submit

    def counted(tasks: list[int]) -> list[Future[int]]:
        sizes.append(len(tasks))
        return list(submit(tasks))

    executor.submit = counted
    assert sorted(collect(executor, range(22))) == list(range(22))
    assert sizes == [4, 4, 4, 4, 4, 2]


# One worker, and joblib


def test_one_job_needs_no_other_process() -> None:
    assert results(tasks.own_number, [1, 2], jobs=1) == [os.getpid()] * 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_workers_of_the_callers_own_are_left_alone(jobs: int) -> None:
    with joblib.Parallel(n_jobs=2) as parallel:
        first = parallel(joblib.delayed(os.getpid)() for _ in range(4))
        with workers(tasks.own_number, jobs) as run:
            made = run(range(5))
            next(made)
            made.close()
        for worker in first:  # perhaps one only, if the other was slower to start
            os.kill(worker, 0)


def test_another_back_end_of_joblib_does_the_work_if_it_is_chosen() -> None:
    with joblib.parallel_config(backend="threading"):
        found = results(tasks.own_thread, list(range(20)))
    assert {process for process, _ in found} == {os.getpid()}
    assert len({thread for _, thread in found}) == 2


def test_sequential_and_loky_may_be_chosen_too() -> None:
    with joblib.parallel_config(backend="sequential"):
        assert results(tasks.own_number, [1, 2]) == [os.getpid()] * 2
    with joblib.parallel_config(backend="loky"):
        assert os.getpid() not in results(tasks.own_number, [1, 2])


def test_a_back_end_that_gives_only_lists_is_refused_with_those_that_work() -> None:
    words = "MultiprocessingBackend gives no result before all are there; choose loky, threading or sequential"
    with joblib.parallel_config(backend="multiprocessing"):
        with pytest.raises(ArgumentError, match=words):
            results(tasks.own_number, [1, 2])
        assert results(tasks.own_number, [1, 2], jobs=1) == [os.getpid()] * 2


class DaskDistributedBackend(ThreadingBackend):  # type: ignore[misc]
    """A back end called as joblib's for Dask is."""


def test_the_back_end_for_dask_is_refused_because_it_would_wait_for_ever(monkeypatch: pytest.MonkeyPatch) -> None:
    backend = DaskDistributedBackend(), 2
    monkeypatch.setattr("digitgen.build.workers.get_active_backend", lambda: backend)
    with pytest.raises(ArgumentError, match="waits for ever once a worker dies; say --dask"):
        results(tasks.own_number, [1, 2])


def test_a_run_by_joblib_that_is_closed_early_says_nothing() -> None:
    with joblib.parallel_config(backend="threading"), workers(tasks.own_thread, 2) as run:
        made = run(range(20))
        next(made)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            made.close()


@contextmanager
def unchanged() -> Iterator[None]:
    """What belongs to the whole process is the same after the block as before."""

    def state() -> list[object]:
        handlers = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)]
        mask = signal.pthread_sigmask(signal.SIG_BLOCK, [])
        backend, jobs = get_active_backend()
        return [list(warnings.filters), handlers, mask, dict(os.environ), type(backend), jobs]

    before = state()
    yield
    assert state() == before


@pytest.mark.parametrize("backend", ["loky", "threading"])
def test_what_belongs_to_the_whole_process_is_left_alone_even_between_results(backend: str) -> None:
    with joblib.parallel_config(backend=backend), unchanged(), workers(tasks.own_number, 2) as run:
        made = run(range(6))
        with unchanged():
            next(made)
        with unchanged():
            list(made)


# Processors


def test_as_many_processors_are_used_as_the_environment_allows(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LOKY_MAX_CPU_COUNT", raising=False)
    assert cpu_count() == joblib.cpu_count()
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", "1")
    assert cpu_count() == 1


@pytest.mark.parametrize("value", ["", "many"])
def test_an_environment_that_names_no_number_of_processors_is_refused_unless_jobs_are_given(
    value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOKY_MAX_CPU_COUNT", value)
    with pytest.raises(
        ArgumentError, match=re.escape(f"LOKY_MAX_CPU_COUNT must be a number of processors; got {value!r}")
    ):
        cpu_count()
    assert os.getpid() not in results(tasks.own_number, [1, 2])
