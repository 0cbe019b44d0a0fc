"""Sources that are loaded beside the page: it goes on, and is told how far they are."""

import threading
import time
from collections.abc import Hashable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from digitgen.build.kept import Kept
from digitgen.build.sources import is_kept, keep_source, source_key
from digitgen.config.build_config import BuildConfig
from digitgen.config.splits import IdxPair
from digitgen.config.yamltree import Key
from digitgen.errors import ConfigError, DigitgenError
from digitgen.messages import one_line
from digitgen.progress import bars_told

_AT_ONCE: Final = 0.3  # seconds in which most sources that are on this machine are there
_AGAIN: Final = 20.0  # seconds after a failure before it is tried again
_MOST: Final = 4  # sources that are loaded at the same time


@dataclass
class _Load:
    """A source that is being loaded, or could not be had."""

    what: str
    done: threading.Event = field(default_factory=threading.Event)
    error: DigitgenError | None = None
    failed_at: float = 0.0


class Loader:
    """Loads sources, each in a thread of its own.

    Parameters
    ----------
    kept : Kept
        Takes what is loaded.
    data_dir : Path or None
        A folder to look in first for the files of published sources.
    """

    def __init__(self, kept: Kept, data_dir: Path | None) -> None:
        self._kept = kept
        self._data_dir = data_dir
        self._loads: dict[Hashable, _Load] = {}
        self._notes: dict[Hashable, list[str]] = {}  # on files of the user's own

    def begin(self, config: BuildConfig) -> None:
        """Begin to load the sources of all splits that are not there, and wait for nothing."""
        for name in config.splits:
            if not self._has(config, name):
                self._begin(source_key(config, name), config, name)

    def ask(self, config: BuildConfig) -> str | None:
        """Make sure that the sources of all splits are loaded, or begin to load them.

        Parameters
        ----------
        config : BuildConfig
            The configuration.

        Returns
        -------
        str or None
            What is waited for, in words; None if everything is there.

        Raises
        ------
        ConfigError
            If a source cannot be had; it has the key of the first split that wants it.
        """
        until = time.monotonic() + _AT_ONCE
        missing = {source_key(config, name): name for name in reversed(config.splits) if not self._has(config, name)}
        for key, name in reversed(missing.items()):
            load = self._begin(key, config, name)
            if load is None:
                return "other sources are being loaded"
            load.done.wait(max(until - time.monotonic(), 0))
            if not load.done.is_set():
                return load.what
            if load.error:
                raise _named(load.error, name)
        return None

    def notes(self, config: BuildConfig) -> list[tuple[Key, str]]:
        """List what was said of files of the user's own: that they look as if they were stored in another way.

        Parameters
        ----------
        config : BuildConfig
            The configuration.

        Returns
        -------
        list of (key, str)
            Lines, and the way to the source that each is about.
        """
        keys = {source_key(config, name): name for name in reversed(config.splits)}
        return [(("splits", name, "source"), note) for key, name in keys.items() for note in self._notes.get(key, [])]

    def there(self, config: BuildConfig) -> list[str]:
        """List the splits whose sources are there."""
        return [name for name in config.splits if is_kept(self._kept, config, name)]

    def _has(self, config: BuildConfig, name: str) -> bool:
        """Whether the source of a split is there; what was said of loading it is then forgotten."""
        if there := is_kept(self._kept, config, name):
            self._loads.pop(source_key(config, name), None)
        return there

    def _begin(self, key: Hashable, config: BuildConfig, name: str) -> _Load | None:
        """The load of a source, begun now if it is not under way and did not fail just now; None if there are many."""
        load = self._loads.get(key)
        if load and (not load.done.is_set() or (load.error and time.monotonic() - load.failed_at < _AGAIN)):
            return load
        self._loads = {other: each for other, each in self._loads.items() if not each.done.is_set()}
        if len(self._loads) >= _MOST:
            return None
        source = config.splits[name].source
        load = self._loads[key] = _Load(f"loading {source if isinstance(source, str) else source.images}")
        threading.Thread(target=self._load, args=(load, config, name), daemon=True).start()
        return load

    def _load(self, load: _Load, config: BuildConfig, name: str) -> None:
        """Load a source; this is what a thread does."""
        notes: list[str] = []

        def say(line: str) -> None:
            load.what = one_line(line)
            notes.append(load.what)

        def tell(what: str, share: float) -> None:
            load.what = one_line(f"fetching {what}: {share:.0%}")

        try:
            with bars_told(tell):
                bank, _ = keep_source(self._kept, config, name, self._data_dir, say)
            bank.hashes  # noqa: B018  which are kept with it, and take as long
            if isinstance(config.splits[name].source, IdxPair):
                self._notes[source_key(config, name)] = notes
        except DigitgenError as error:
            load.error = error
        except Exception as error:  # whatever it is, the page must not wait for ever
            load.error = DigitgenError(one_line(f"{type(error).__name__}: {error}"))
        finally:
            load.failed_at = time.monotonic()
            load.done.set()


def _named(error: DigitgenError, split: str) -> ConfigError:
    """An error about a source, with the key of a split that wants it."""
    key = error.key if isinstance(error, ConfigError) and error.key else ("splits", split, "source")
    return ConfigError(str(error), *key)
