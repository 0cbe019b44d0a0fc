"""A hostile page of another port, in the same browser as the live page: it gets nothing, and moves nothing."""

import json
import mimetypes
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest

from digitgen.live.door import TOKEN_HEADER
from tests.live.window import Running, Window

CONFIG = """\
name: numbers
image_width: 90
splits: {train: {count: 60, source: mnist/test}}
sequence: {length: 2}
spacing: {range: [0, 4]}
"""
HOSTILE = """<!doctype html><title>hostile</title><body><script>
let home;
const token = TOKEN, recipe = JSON.stringify({recipe: {name: 'stolen'}, force: true});
const timely = (promise, otherwise) => Promise.race([promise, new Promise(then => setTimeout(then, 1500, otherwise))]);
const fetched = (path, options) => fetch(home + path, options).then(async reply =>
  reply.type === 'opaque' ? 'opaque' : `read ${(await reply.text()).length}`, () => 'nothing');
const loaded = (tag, props) => timely(new Promise(then => {
  const node = Object.assign(document.createElement(tag), props);
  node.onload = () => then('loaded');
  node.onerror = () => then('nothing');
  document.body.append(node);
}), 'nothing');
const framed = path => timely(new Promise(then => {
  const node = document.createElement('iframe');
  node.onload = () => { try { then(`read ${node.contentDocument.body.textContent}`); } catch { then('nothing'); } };
  node.src = home + path;
  document.body.append(node);
}), 'nothing');
const socket = () => timely(new Promise(then => {
  const made = new WebSocket(home.replace('http', 'ws') + '/render');
  made.onopen = () => then('open');
  made.onerror = made.onclose = () => then('nothing');
}), 'nothing');
const posted = enctype => timely(new Promise(then => {
  const frame = Object.assign(document.createElement('iframe'), { name: 'sink' + enctype });
  const props = { action: home + '/save', method: 'post', target: frame.name, enctype };
  const form = Object.assign(document.createElement('form'), props);
  form.append(Object.assign(document.createElement('input'), { name: recipe.slice(0, -1) + ',"x":"', value: '"}' }));
  document.body.append(frame, form);
  frame.onload = () => { try { then(`read ${frame.contentDocument.body.textContent}`); } catch { then('nothing'); } };
  form.submit();
}), 'nothing');
const json = { 'Content-Type': 'application/json', HEADER: token };
window.attempts = async where => (home = where, {
  'the page': await fetched('/'),
  'the page, unseen': await fetched('/', { mode: 'no-cors' }),
  'a file': await fetched('/page.js'),
  'a file, unseen': await fetched('/page.js', { mode: 'no-cors' }),
  'start': await fetched('/start', { method: 'POST', body: '{}' }),
  'start, unseen': await fetched('/start', { method: 'POST', body: '{}', mode: 'no-cors' }),
  'start with the key': await fetched('/start', { method: 'POST', headers: json, body: '{}' }),
  'save with the key': await fetched('/save', { method: 'POST', headers: json, body: recipe }),
  'save with the key, unseen': await fetched('/save', { method: 'POST', headers: json, body: recipe, mode: 'no-cors' }),
  'form, plain': await posted('text/plain'),
  'form, encoded': await posted('application/x-www-form-urlencoded'),
  'image': await loaded('img', { src: home + '/page.js' }),
  'script': await loaded('script', { src: home + '/page.js' }),
  'module': await loaded('script', { src: home + '/page.js', type: 'module' }),
  'style': await loaded('link', { href: home + '/page.css', rel: 'stylesheet' }),
  'frame': await framed('/?token=' + token),
  'object': await loaded('object', { data: home + '/' }),
  'socket': await socket(),
  'key': localStorage.getItem('digitgen-try-token') ?? 'nothing',
});
window.linked = async where => {
  navigator.sendBeacon(where + '/save', new Blob([recipe], { type: 'application/json' }));
  const made = open(where + '/?token=none');
  await new Promise(then => setTimeout(then, 700));
  const tries = [() => made.document.title, () => made.location.href, () => made.localStorage.length];
  return tries.map(each => { try { return String(each()); } catch { return 'nothing'; } });
};
</script>"""


class Elsewhere:
    """A server on another port with a page of somebody else, who has even got hold of the key."""

    def __init__(self, token: str) -> None:
        page = HOSTILE.replace("TOKEN", json.dumps(token)).replace("HEADER", json.dumps(TOKEN_HEADER))

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                kind = mimetypes.guess_type(self.path)[0] or "text/html"
                self.send_response(200)
                self.send_header("Content-Type", kind)
                self.end_headers()
                self.wfile.write(page.encode() if kind == "text/html" else b"")

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self.do_GET()

            def log_message(self, *_: Any) -> None: ...

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.address = f"http://127.0.0.1:{self.server.server_port}"
        self._thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.005})
        self._thread.start()

    def end(self) -> None:
        self.server.shutdown()
        self.server.server_close()
        self._thread.join()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("live"), CONFIG)
    yield made
    made.end()


@pytest.fixture(scope="module")
def own(chromium: Any, running: Running) -> Iterator[Window]:
    made = Window(chromium, running.server.address)
    yield made
    made.context.close()


@pytest.fixture
def hostile(running: Running, own: Window) -> Iterator[Any]:
    """The page of somebody else, in the same browser."""
    elsewhere = Elsewhere(running.server.door.token)
    page = own.context.new_page()
    page.goto(elsewhere.address)
    yield page
    page.close()
    elsewhere.end()


@pytest.fixture
def done(running: Running, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """What is done for anybody."""
    found: list[str] = []
    for name in ("start", "render", "save"):
        monkeypatch.setattr(running.session, name, lambda *_, name=name: found.append(name))
    return found


def test_a_hostile_page_of_another_port_gets_nothing(running: Running, hostile: Any, done: list[str]) -> None:
    found = hostile.evaluate("attempts", running.server.address.partition("/?")[0])
    assert set(found) > {"save with the key", "form, plain", "frame", "socket", "module"}
    assert {name: got for name, got in found.items() if got != "nothing"} == {}
    assert done == []
    assert running.config.read_text() == CONFIG


def test_what_a_hostile_page_attempts_works_where_it_is_let_in(hostile: Any) -> None:
    found = hostile.evaluate("attempts", hostile.url.rstrip("/"))
    assert {name for name, got in found.items() if got == "nothing"} == {"image", "socket", "key"}


def test_a_page_that_a_stranger_opens_keeps_its_key_and_cannot_be_read(
    running: Running, own: Window, hostile: Any
) -> None:
    address = running.server.address.partition("/?")[0]
    with own.context.expect_page() as opened:
        assert hostile.evaluate("linked", address) == ["nothing", "nothing", "nothing"]
    opened.value.wait_for_selector("body[data-state=rests]")
    assert opened.value.locator(
        "#trouble"
    ).is_hidden()  # the wrong key of the link is forgotten, and the right one used
    opened.value.close()
    own.page.get_by_role("button", name="another seed").click()
    own.rest()
    assert own.page.locator("#trouble").is_hidden()
    assert running.config.read_text() == CONFIG
