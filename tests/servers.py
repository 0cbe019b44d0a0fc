"""Servers that speak S3's protocol, on this machine alone, with a bucket and keys that open nothing else."""

import importlib.util
import os
import random
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final
from urllib.error import HTTPError

import pytest

BUCKET: Final = "digits"
SECRET: Final = "s3cret-of-the-tests"
NEEDS: Final = "needs a server of S3's protocol: pip install -e '.[servers]'"


def free_port() -> int:
    """A port of this machine that nobody listens to."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _free_pair() -> int:
    """A port that nobody listens to, 10,000 above which is another: SeaweedFS takes that for gRPC."""
    while True:
        port = random.randrange(10_000, 50_000)
        with suppress(OSError), socket.socket() as one, socket.socket() as other:
            one.bind(("127.0.0.1", port))
            other.bind(("127.0.0.1", port + 10_000))
            return port


def environment(endpoint: str) -> dict[str, str]:
    """What tools of S3 read: keys, region, address of the server; no files of the user's own."""
    return {
        "AWS_ACCESS_KEY_ID": "key-of-the-tests",
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": endpoint,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
    }


@contextmanager
def moto() -> Iterator[str]:
    """Run moto's server; gives its address. The test is skipped where it is not installed."""
    if any(importlib.util.find_spec(name) is None for name in ("moto", "flask", "s3fs")):
        pytest.skip(NEEDS)
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with _running(command, f"http://127.0.0.1:{port}") as endpoint:
        _make_bucket(endpoint)
        yield endpoint


@contextmanager
def seaweedfs(folder: Path) -> Iterator[str]:
    """Run SeaweedFS on a folder; gives its address. The test is skipped where it is not installed."""
    weed = shutil.which("weed", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"])))
    if weed is None or importlib.util.find_spec("s3fs") is None:
        pytest.skip(NEEDS)
    ports = {name: _free_pair() for name in ("master.port", "volume.port", "filer.port", "s3.port")}
    command = [weed, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-filer", "-s3"]
    command += [
        "-master.telemetry=false",
        "-master.volumeSizeLimitMB=64",
        "-volume.max=100",
        "-s3.port.iceberg=0",
        "-s3.port.lance=0",
    ]
    command += [f"-{name}={port}" for name, port in ports.items()]
    with _running(command, f"http://127.0.0.1:{ports['s3.port']}") as endpoint:
        _make_bucket(endpoint)
        yield endpoint
    for port in ports.values():  # sockets that it leaves behind
        for left in Path("/tmp").glob(f"seaweedfs-*-{port + 10_000}.sock"):
            left.unlink()


def _make_bucket(endpoint: str) -> None:
    """Make the bucket, as soon as the server can."""
    for _ in range(100):
        with suppress(OSError):
            urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT"), timeout=5).close()
            return
        time.sleep(0.1)
    pytest.fail("the server makes no bucket")


@contextmanager
def _running(command: list[str], endpoint: str) -> Iterator[str]:
    """Run a server until the block ends; it is there once it answers."""
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 60
        while not _answers(endpoint):
            assert process.poll() is None, "the server ended"
            assert time.monotonic() < deadline, "the server does not answer"
            time.sleep(0.05)
        yield endpoint
    finally:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(5)
        process.kill()
        process.wait()


def _answers(endpoint: str) -> bool:
    """Whether a server answers anything at all."""
    with suppress(HTTPError):
        try:
            urllib.request.urlopen(endpoint, timeout=5).close()
        except (OSError, TimeoutError) as error:
            if isinstance(error, HTTPError):
                raise
            return False
    return True
