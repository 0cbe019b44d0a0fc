"""Is a worker on another machine fit for a build? It needs the same versions, and the same folder."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from digitgen.augment.catalogue import is_step, package_of_step
from digitgen.build.identity import Identity, tool_versions
from digitgen.dataset.stores import Store
from digitgen.files import temporary_name
from digitgen.format import Compression


@dataclass(frozen=True)
class Fitness:
    """The check of a worker; called there, it says what is wrong.

    Attributes
    ----------
    versions : dict of str to str
        Versions of whatever shapes the bytes, packages of steps included.
    compression : {"none", "deflate"}
        Compression of the shards.
    probe : Path or None
        A file in the dataset folder, an absolute path; None if workers need not see the folder.
    secret : str
        Contents of that file.
    store : Store or None
        The store that workers put shards into by themselves, if they do.
    """

    versions: dict[str, str]
    compression: Compression
    probe: Path | None = None
    secret: str = ""
    store: Store | None = None

    def __call__(self) -> str | None:
        """Say what is wrong where this is called; None if nothing is."""
        there = versions_here(self.compression, [name[5:] for name in self.versions if name.startswith("step ")])
        for name, here in self.versions.items():
            if there[name] != here:
                return f"{name} is {there[name]} there, and {here} here; every worker needs the same version"
        return self._trouble_with_folder() if self.probe else self._trouble_with_store() if self.store else None

    def _trouble_with_store(self) -> str | None:
        """Say why the store cannot be reached from here."""
        assert self.store
        try:
            self.store.list("")
        except OSError as error:
            return f"{self.store}: {error.strerror}"
        return None

    def _trouble_with_folder(self) -> str | None:
        """Say whether this is another folder than the build's, or cannot be written to."""
        assert self.probe
        folder = self.probe.parent
        try:
            if self.probe.read_text() != self.secret:
                return f"it sees another folder at {folder}; workers need the folder of the build under the same path"
        except OSError as error:
            why = error.strerror or type(error).__name__
            return f"it does not see {folder} ({why}); workers need the folder of the build under the same path"
        mine = temporary_name(self.probe)
        try:
            mine.touch()
            mine.unlink()
        except OSError as error:
            return f"it cannot write to {folder} ({error.strerror})"
        return None


def versions_here(compression: Compression, steps: list[str]) -> dict[str, str]:
    """List the versions that could shape the bytes of a shard that is made in this process.

    Parameters
    ----------
    compression : {"none", "deflate"}
        Compression of the shards.
    steps : list of str
        Names of the steps whose packages are asked for.

    Returns
    -------
    dict of str to str
        Versions by name; of a step, its package.
    """
    packages = {f"step {name}": str(package_of_step(name)) if is_step(name) else "absent" for name in steps}
    return tool_versions(compression) | packages


@contextmanager
def fitness(identity: Identity, compression: Compression, seen: Path | Store, owner: str = "") -> Iterator[Fitness]:
    """Make the check of workers for a build; its probe stands in the folder for the time of the block.

    Parameters
    ----------
    identity : Identity
        The identity of the build.
    compression : {"none", "deflate"}
        Compression of its shards.
    seen : Path or Store
        What workers must see: the folder that shards are made in, or the store that they put them into by themselves.
    owner : str, optional
        Begins the name of the probe.

    Yields
    ------
    Fitness
        The check.
    """
    versions, secret = versions_here(compression, list(identity.steps)), secrets.token_hex(16)
    if isinstance(seen, Store):
        yield Fitness(versions, compression, store=seen)
        return
    probe = temporary_name(seen.absolute() / "probe", owner)
    probe.write_text(secret)
    try:
        yield Fitness(versions, compression, probe, secret)
    finally:
        probe.unlink(missing_ok=True)
