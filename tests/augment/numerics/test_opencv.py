"""The settings of OpenCV are the user's: digitgen works without threads and IPP, and puts both back."""

import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from time import monotonic, sleep
from typing import Any, Final

import cv2
import numpy as np
import pytest

from digitgen import GlyphBank, augment_images
from digitgen.augment.numerics.opencv import settled_opencv
from digitgen.compose.recipe import Recipe
from tests.steps import images, recipe, setting

IPP: Final = cv2.ipp.useIPP()  # some builds of OpenCV have none
OURS: Final = (1, False)  # OpenCV calls it one thread when there are none but the caller
USERS: Final = (4, IPP)


def settings() -> tuple[int, bool]:
    """OpenCV's number of threads, and whether this thread uses IPP."""
    return cv2.getNumThreads(), cv2.ipp.useIPP()


@pytest.fixture(autouse=True)
def users_settings() -> Iterator[None]:
    """As many threads as a user may want, and IPP."""
    before = settings()
    cv2.setNumThreads(4)
    cv2.ipp.setUseIPP(IPP)
    yield
    cv2.setNumThreads(before[0])
    cv2.ipp.setUseIPP(before[1])


@pytest.fixture
def many_steps(bank: GlyphBank) -> Recipe:
    """Images for which OpenCV does most of what it is used for."""
    names = ("elastic", "dilate", "gaussian_blur", "contrast", "zoom_blur", "fog", "jpeg_compression")
    return recipe(bank, tuple(setting(name) for name in names), (setting("thinning"), setting("rotate")))


def test_images_are_the_same_with_any_settings_which_are_back_afterwards(many_steps: Recipe) -> None:
    with_users = images(many_steps, 0, 40)
    assert settings() == USERS
    cv2.setNumThreads(1)
    cv2.ipp.setUseIPP(False)
    plain = images(many_steps, 0, 40)
    assert settings() == OURS
    for name, array in plain.arrays().items():
        np.testing.assert_array_equal(with_users.arrays()[name], array, err_msg=name)


def test_steps_run_without_threads_and_ipp(monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    blur: Callable[..., Any] = cv2.sepFilter2D

    def noted(*arguments: Any, **options: Any) -> Any:
        seen.append(settings())
        return blur(*arguments, **options)

    monkeypatch.setattr(cv2, "sepFilter2D", noted)
    augment_images(np.zeros((2, 28, 40), np.uint8), [{"step": "gaussian_blur"}])
    assert set(seen) == {OURS}


def test_settings_are_back_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise MemoryError

    monkeypatch.setattr(cv2, "sepFilter2D", fail)
    with pytest.raises(MemoryError):
        augment_images(np.zeros((2, 28, 40), np.uint8), [{"step": "gaussian_blur"}])
    assert settings() == USERS


def test_threads_come_back_when_the_last_of_several_calls_has_ended() -> None:
    entered, leave = threading.Event(), threading.Event()

    def longer() -> tuple[int, bool]:
        with settled_opencv():
            entered.set()
            assert leave.wait(10)
            seen = settings()
        assert cv2.ipp.useIPP() == IPP  # this thread's own
        return seen

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(longer)
        assert entered.wait(10)
        with settled_opencv(), settled_opencv():
            assert settings() == OURS
        assert settings() == (1, IPP)  # the other thread is still at work
        leave.set()
        assert other.result(10) == OURS
    assert settings() == USERS


def test_eight_threads_at_once_make_the_images_that_one_makes(many_steps: Recipe) -> None:
    expected = images(many_steps, 0, 20).arrays()
    with ThreadPoolExecutor(8) as pool:
        for found in pool.map(lambda _: images(many_steps, 0, 20).arrays(), range(24)):
            for name, array in expected.items():
                np.testing.assert_array_equal(found[name], array, err_msg=name)
    assert settings() == USERS


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there are no forks here")
@pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")
@pytest.mark.parametrize("at_work", [False, True], ids=["idle", "at work"])
def test_a_fork_works_though_opencv_had_threads_before(at_work: bool) -> None:
    """A fork has none of its parent's threads; OpenCV would wait for ever for its own, were it to end them."""
    cv2.GaussianBlur(np.zeros((2000, 2000), np.uint8), (31, 31), 5)  # which starts them
    entered, leave = threading.Event(), threading.Event()

    def working() -> None:
        with settled_opencv() if at_work else nullcontext():
            entered.set()
            leave.wait(10)

    thread = threading.Thread(target=working)
    thread.start()
    assert entered.wait(10)
    child = os.fork()
    if not child:
        before = settings()
        augment_images(np.zeros((2, 28, 40), np.uint8), [{"step": "gaussian_blur"}])
        os._exit(0 if before == settings() == USERS else 1)
    leave.set()
    thread.join()
    assert exit_code(child) == 0


def exit_code(child: int) -> int:
    """Wait for a process that may hang."""
    end = monotonic() + 10
    while monotonic() < end:
        ended, status = os.waitpid(child, os.WNOHANG)
        if ended:
            return os.waitstatus_to_exitcode(status)
        sleep(0.01)
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    pytest.fail("the fork hangs")
