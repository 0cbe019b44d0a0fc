"""A server of the live page, and the page in a window of a real browser."""

import base64
import json
import threading
import zlib
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, urlsplit

from digitgen.live.listen import find_address
from digitgen.live.server import Server
from digitgen.live.session import Session
from tests.browser import DESKTOP, Scheme

STEPS = ".steps[aria-label='steps on images'] .step"


class Running:
    """A server of the live page of a configuration."""

    def __init__(self, folder: Path, config: str) -> None:
        self.config = folder / "numbers.yaml"
        self.config.write_text(config)
        self.said: list[str] = []
        self.session = Session(self.config)
        self.server = Server(find_address("127.0.0.1"), 0, self.session, self.said.append)
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.005})
        self._thread.start()

    def end(self) -> None:
        if self._thread.is_alive():
            self.server.shutdown()
            self.server.server_close()
            self._thread.join()


class Window:
    """A page in a window of its own, and what it complained of."""

    def __init__(self, chromium: Any, address: str, width: int = DESKTOP, scheme: Scheme = "light") -> None:
        self.complaints: list[str] = []
        self.context = chromium.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.page = self.context.new_page()
        self.page.set_default_timeout(60_000)  # on a busy machine
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.goto(address)
        self.rest()

    def rest(self) -> None:
        """Wait until the page shows what it was asked for."""
        self.page.wait_for_selector("body[data-state=rests]")

    @property
    def yaml(self) -> str:
        self.rest()
        return str(self.page.inner_text("#yaml"))

    @property
    def sheet(self) -> str:
        self.rest()
        return str(self.page.get_attribute("#sheet img", "src"))

    def says(self, text: str) -> bool:
        """Wait until the YAML has a text."""
        self.page.wait_for_function("text => document.getElementById('yaml').innerText.includes(text)", arg=text)
        self.rest()
        return True

    @property
    def steps(self) -> list[str]:
        return [str(each) for each in self.page.locator(STEPS).all_inner_texts()]

    def show(self, tree: Any) -> None:
        """Open a view of a recipe, as from an address that somebody sent."""
        packer = zlib.compressobj(0, wbits=-15)  # the page packs better
        packed = base64.urlsafe_b64encode(packer.compress(json.dumps(tree).encode()) + packer.flush()).decode()
        self.page.evaluate(
            "packed => { window.given = packed; location.hash = 'recipe=' + packed; }", packed.rstrip("=")
        )

    def carries(self, tree: Any) -> bool:
        """Wait until the address of the page has a recipe that the page itself has packed."""
        self.page.wait_for_function("() => !location.hash.includes('recipe=' + window.given)")
        packed = dict(parse_qsl(urlsplit(self.page.url).fragment))["recipe"]
        return bool(json.loads(zlib.decompress(base64.urlsafe_b64decode(packed + "==="), wbits=-15)) == tree)

    def open_step(self, name: str) -> None:
        self.page.locator(".title", has_text=name).click()
