"""What workers are given to do in tests; it loads little, for each of them loads it."""

import gc
import os
import signal
import sys
import threading
import time
from pathlib import Path

from digitgen.build.executor import Handle
from digitgen.scratch import scratch_folder

Marked = tuple[Path, int]
"""A folder for marks, and a number."""


class Task(int):
    """A task with a name."""

    def __str__(self) -> str:
        return f"task {int(self)}"


class StrangeError(Exception):
    """Pickled like any other, it cannot be made again."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__(f"{one} and {two}")


def die_on_seven(task: Task) -> int:
    """Die of one task."""
    if task == 7:
        os.kill(os.getpid(), signal.SIGKILL)
    return int(task)


def die_once(marked: Marked) -> int:
    """Die of every fifth task when it comes for the first time."""
    folder, number = marked
    marker = folder / str(number)
    if number % 5 == 0 and not marker.exists():
        marker.touch()
        os._exit(1)
    return number


def die_of_the_first(marked: Marked) -> int:
    """Note in a file what is begun, and die of the first task once others have begun too."""
    folder, number = marked
    with (folder / "begun").open("a") as file:
        file.write(f"{number}\n")
    time.sleep(0.02 if number else 0.1)
    if number == 0:
        os._exit(1)
    return number


def die_with_a_scratch_folder(_: object) -> None:
    """Die where temporary files have not been deleted yet."""
    with scratch_folder() as folder:
        (Path(folder) / "template.h5").touch()
        os.kill(os.getpid(), signal.SIGKILL)


def own_number(_: object) -> int:
    """Say which process this is."""
    return os.getpid()


def own_thread(_: object) -> tuple[int, str]:
    """Say which process and which thread this is, after a while."""
    time.sleep(0.01)
    return os.getpid(), threading.current_thread().name


def own_family(_: object) -> tuple[int, int]:
    """Say which process this is and whose child, after a while."""
    time.sleep(0.02)
    return os.getpid(), os.getppid()


def is_deaf_to_interrupts(_: object) -> bool:
    """Say whether this process cannot be interrupted."""
    return signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def fail(kind: str) -> None:
    """Raise an error."""
    raise OSError(28, "No space left on device", "a/file") if kind == "ordinary" else StrangeError(1, 2)


def unpicklable(_: object) -> object:
    """Give a result that stays where it is."""
    return lambda: None


def talk(number: int) -> int:
    """Print, in two ways."""
    print("is this an answer?")
    os.write(1, b"or this?")
    return number


def module_path(_: object) -> tuple[list[str], str]:
    """Say where modules are looked for, and where one was found."""
    return sys.path, threading.__file__


def threads_of_libraries(_: object) -> str | None:
    """Say how many threads numerical libraries are to use."""
    return os.environ.get("OMP_NUM_THREADS")


def frozen(_: object) -> tuple[int, int]:
    """Say which process this is, and how much it does not search for garbage."""
    return os.getpid(), gc.get_freeze_count()


class Counted:
    """A value that notes in a file each time it is unpickled."""

    def __init__(self, notes: Path) -> None:
        self.notes = notes

    def __setstate__(self, state: dict[str, Path]) -> None:
        self.__dict__.update(state)
        with self.notes.open("a") as file:
            file.write("loaded\n")


class Left:
    """A result that leaves a file behind."""

    def __init__(self, path: Path) -> None:
        path.touch()
        self.path = path

    def discard(self) -> None:
        """Delete the file."""
        self.path.unlink()


def length_of_shared(handle: Handle[str]) -> int:
    """Say how long a shared value is."""
    return len(handle.get())
