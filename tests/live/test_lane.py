"""One piece of work at a time, and the latest wins."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from digitgen.live.lane import Lane, OvertakenError
from tests.live.until import SECONDS, until


@pytest.fixture
def pool() -> Iterator[ThreadPoolExecutor]:
    with ThreadPoolExecutor(8) as made:
        yield made


@pytest.fixture
def lane() -> Iterator[Lane]:
    made = Lane()
    yield made
    made.close(0)


class Held:
    """Work in the lane that does not end before it is told to."""

    def __init__(self, lane: Lane, pool: ThreadPoolExecutor) -> None:
        self._end, begun = threading.Event(), threading.Event()

        def work() -> str:
            begun.set()
            assert self._end.wait(SECONDS)
            return "held"

        self.future = pool.submit(lane.run, work, "A")
        assert begun.wait(SECONDS)

    def end(self) -> None:
        self._end.set()
        assert self.future.result(SECONDS) == "held"


def line_up(lane: Lane, pool: ThreadPoolExecutor, work: Callable[[], str], page: str | None) -> Future[str]:
    """Have work wait in the lane, behind all that was sent before."""
    before = set(lane._waiting)
    future = pool.submit(lane.run, work, page)
    until(lambda: set(lane._waiting) - before)
    return future


def test_work_gives_what_it_returns_and_raises(lane: Lane) -> None:
    assert lane.run(lambda: 350) == 350
    with pytest.raises(ZeroDivisionError):
        lane.run(lambda: 1 // 0)
    assert lane.run(lambda: 351, "A") == 351


def test_of_what_a_page_waits_for_only_the_latest_is_done(lane: Lane, pool: ThreadPoolExecutor) -> None:
    done: list[str] = []

    def work(name: str) -> Callable[[], str]:
        def work() -> str:
            done.append(name)
            return name

        return work

    held = Held(lane, pool)
    futures = [line_up(lane, pool, work(name), page) for name, page in (("1", "A"), ("2", "B"), ("3", "A"), ("4", "A"))]
    for overtaken in (futures[0], futures[2]):  # at once, while the lane is not free yet
        with pytest.raises(OvertakenError):
            overtaken.result(SECONDS)
    held.end()
    assert (futures[1].result(SECONDS), futures[3].result(SECONDS)) == ("2", "4")
    assert done == ["2", "4"]


def test_work_without_a_page_is_never_overtaken(lane: Lane, pool: ThreadPoolExecutor) -> None:
    held = Held(lane, pool)
    futures = [line_up(lane, pool, lambda: "done", None) for _ in range(2)]
    held.end()
    assert [each.result(SECONDS) for each in futures] == ["done", "done"]


def test_two_pieces_are_never_done_at_once(lane: Lane, pool: ThreadPoolExecutor) -> None:
    inside = threading.Lock()

    def work() -> bool:
        alone = inside.acquire(blocking=False)
        threading.Event().wait(0.001)
        inside.release()
        return alone

    assert all(pool.map(lambda k: lane.run(work, f"page {k}"), range(40)))


def test_a_lane_that_is_closed_waits_for_what_has_begun_and_begins_nothing(
    lane: Lane, pool: ThreadPoolExecutor
) -> None:
    held = Held(lane, pool)
    waiting = line_up(lane, pool, lambda: "too late", None)
    assert not lane.close(0)
    with pytest.raises(OvertakenError):
        waiting.result(SECONDS)
    held.end()
    assert lane.close(SECONDS)
    with pytest.raises(OvertakenError):
        lane.run(lambda: "too late")
