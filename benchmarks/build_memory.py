"""Peak memory of a build and of its workers, each taken in a fresh process."""

import json
import subprocess
import sys
from contextlib import suppress
from pathlib import Path
from threading import Event, Thread

from digitgen.build.build import build_dataset
from digitgen.config.build_config import BuildConfig


def peak_memory(config: BuildConfig, out: Path, jobs: int) -> tuple[int, int]:
    """Build in a fresh process.

    Parameters
    ----------
    config : BuildConfig
        What to build.
    out : Path
        The dataset folder.
    jobs : int
        Worker processes.

    Returns
    -------
    parent, worker : int
        Largest resident set ever, bytes: of the building process, and of its largest worker (0 for
        one job, which needs none). Pages that they share count for both.
    """
    command = [sys.executable, "-m", "benchmarks.build_memory", config.model_dump_json(), str(out), str(jobs)]
    parent, worker = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    return parent, worker


def _build(config: str, out: str, jobs: str) -> tuple[int, int]:
    """What the fresh process does."""
    worker, done = 0, Event()

    def watch_workers() -> None:
        """Look at them until the build ends, which ends them."""
        nonlocal worker
        while not done.wait(0.01):
            for children in Path("/proc/self/task").glob("*/children"):
                with suppress(OSError, IndexError):  # it has just ended
                    worker = max(worker, *map(peak_of, children.read_text().split()), 0)

    watcher = Thread(target=watch_workers)
    watcher.start()
    build_dataset(BuildConfig.model_validate_json(config), out, jobs=int(jobs), fsync=False)
    done.set()
    watcher.join()
    return peak_of("self"), worker


def peak_of(pid: str) -> int:
    """VmHWM; getrusage would not do, as it hands the peak of a process down to those it starts."""
    status = Path(f"/proc/{pid}/status").read_text()
    return int(status.split("VmHWM:")[1].split()[0]) * 1024


if __name__ == "__main__":
    print(json.dumps(_build(*sys.argv[1:])))
