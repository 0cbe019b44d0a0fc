"""The work for the live page: say where to start, make the images of a recipe, save it."""

from pathlib import Path
from typing import Any

from digitgen.config.shipped import START
from digitgen.errors import ArgumentError
from digitgen.version import VERSION


class Session:
    """One run of ``digitgen try``: the configuration that it may save, and what it keeps between requests.

    Parameters
    ----------
    config : Path or None
        The configuration to start from and to save to; None starts from a shipped one and saves nothing.
    data_dir : Path, optional
        Folder with the files of published sources, looked in first.

    Raises
    ------
    ConfigError
        If there is no such file.
    """

    def __init__(self, config: Path | None, data_dir: Path | None = None) -> None:
        self._config = config
        self._data_dir = data_dir

    def start(self) -> dict[str, Any]:
        """Give what the page begins with.

        Returns
        -------
        dict
            The reply to ``/start``.
        """
        return {
            "config": self._config.name if self._config else None,
            "recipe": {},
            "controls": {"settings": [], "steps": {}},
            "yaml": "",
            "version": VERSION,
            "problem": None,
        }

    def render(self, request: dict[str, Any]) -> dict[str, Any]:
        """Make the images of a recipe, and say all about it.

        Parameters
        ----------
        request : dict
            What came to ``/render``.

        Returns
        -------
        dict
            The reply.

        Raises
        ------
        ArgumentError
            If the request is not what it should be. What is wrong with the recipe is part of the reply.
        """
        return {"number": request.get("number"), "errors": [], "cautions": [], "laws": [], "yaml": ""}

    def save(self, request: dict[str, Any]) -> dict[str, Any]:
        """Write a recipe to the configuration.

        Parameters
        ----------
        request : dict
            What came to ``/save``.

        Returns
        -------
        dict
            The reply.

        Raises
        ------
        ArgumentError
            If there is no configuration to save to, or something is wrong with the recipe.
        ChangedError
            If somebody else has changed the file meanwhile.
        """
        if self._config is None:
            raise ArgumentError(f"there is no file to save {START} to; download it, or start digitgen try with CONFIG")
        return {"saved": self._config.name, "yaml": str(request.get("recipe"))}
