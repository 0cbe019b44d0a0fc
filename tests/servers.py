"""Servers that speak S3's protocol, on this machine alone, with a bucket and keys that open nothing else."""

import importlib.util
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
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
        urllib.request.urlopen(urllib.request.Request(f"{endpoint}/{BUCKET}", method="PUT")).close()
        yield endpoint


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
