"""The live page in a browser: from a moved slider to new pictures on the screen, and random use by hand and keys."""

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from tests.browser import browser

_WINDOW: Final = {"width": 1280, "height": 900}
_ACTIONS: Final = 50  # between two looks at the memory


def latency(address: str, rounds: int) -> list[float]:
    """Move a slider of the page, and wait until the new pictures are shown.

    Parameters
    ----------
    address : str
        The address of the page, with its token.
    rounds : int
        How often.

    Returns
    -------
    list of float
        Seconds, from the event of the slider to the frame that shows the decoded sheet.
    """
    with browser() as chromium:
        window = chromium.new_page(viewport=_WINDOW)
        window.goto(address)
        window.wait_for_selector("#sheet img")
        window.locator(".title", has_text="elastic").click()
        return list(window.get_by_role("slider", name="rms, most").evaluate(_MOVE, rounds))


@dataclass
class Use:
    """What was seen of random use: counts of actions and errors, and memory, in bytes, as it went on."""

    actions: int = 0
    told: int = 0
    complaints: list[str] = field(default_factory=list)
    heap: list[int] = field(default_factory=list)
    nodes: list[int] = field(default_factory=list)
    server: list[int] = field(default_factory=list)


def random_use(address: str, minutes: float, seed: int, memory: Callable[[], int]) -> Use:
    """Use whatever is on the page, as nobody would.

    Parameters
    ----------
    address : str
        The address of the page, with its token.
    minutes : float
        How long.
    seed : int
        Of what is done.
    memory : callable
        Gives the bytes of memory of the server.

    Returns
    -------
    Use
        What was seen.
    """
    rng, use = random.Random(seed), Use()
    with browser() as chromium:
        window = chromium.new_page(viewport=_WINDOW)
        window.set_default_timeout(120_000)
        window.on("pageerror", lambda error: use.complaints.append(error.stack or str(error)))
        window.on("console", lambda message: use.complaints.append(message.text))
        window.goto(address)
        window.wait_for_selector("#sheet img")
        start = window.url
        window.evaluate("for (const each of document.querySelectorAll('details')) each.open = true")
        devtools = window.context.new_cdp_session(window)
        devtools.send("Performance.enable")
        until = time.monotonic() + 60 * minutes
        while time.monotonic() < until or len(use.heap) < 3:
            use.told += window.evaluate(_USE, [rng.randrange(2**31), _ACTIONS])
            use.actions += _ACTIONS
            use.complaints += window.locator("#trouble p").all_inner_texts()
            if rng.random() < 0.2:
                window.evaluate("hash => { location.hash = hash; }", start.partition("#")[2])
            devtools.send("HeapProfiler.collectGarbage")
            found = {each["name"]: each["value"] for each in devtools.send("Performance.getMetrics")["metrics"]}
            use.heap.append(int(found["JSHeapUsedSize"]))
            use.nodes.append(int(found["Nodes"]))
            use.server.append(memory())
    return use


_MOVE: Final = """async (slider, rounds) => {
  const times = [], frame = () => new Promise(requestAnimationFrame);
  const changed = (node, from) => new Promise((done, failed) => {
    const watch = new MutationObserver(() => node.querySelector('img') !== from && (watch.disconnect(), done()));
    watch.observe(node, { childList: true });
    setTimeout(failed, 20000, new Error('no new pictures'));
  });
  const sheet = document.getElementById('sheet');
  for (let round = -3; round < rounds; round++) {
    await new Promise(done => setTimeout(done, 50));
    await frame();
    const begin = performance.now(), shown = changed(sheet, sheet.querySelector('img'));
    slider.value = 1 + (((round + 3) * 37) % 100) / 100;  // never the same twice in a row
    slider.dispatchEvent(new Event('input', { bubbles: true }));
    await shown;
    await sheet.querySelector('img').decode();
    await frame();  // which shows them
    if (round >= 0) times.push((performance.now() - begin) / 1000);
  }
  return times;
}"""

_USE: Final = """async ([seed, actions]) => {
  const random = () => (seed = (seed * 48271) % 2147483647) / 2147483647;
  const any = list => list[Math.floor(random() * list.length)];
  const pause = ms => new Promise(done => setTimeout(done, ms));
  const send = (node, type) => node.dispatchEvent(new Event(type, { bubbles: true }));
  // What has to be fetched is not waited for.
  const rest = async () => {
    for (let wait = 0; document.body.dataset.state !== 'rests' && wait < 2000; wait += 5) await pause(5);
  };
  // Sources would have to be fetched; the buttons are those that leave the page.
  const not = '[aria-label*=source], #save, #share, #open, #download, #copy, #commands button';
  const what = 'input[type=range], select, input[type=radio], input[type=checkbox], .chip, .number, .add, button';
  let told = 0;
  for (let action = 0; action < actions; action++) {
    const all = [...document.querySelectorAll(what)].filter(each =>
      each.checkVisibility() && !each.disabled && !each.closest(not));
    // Each kind as often as the others, however many there are of it.
    const kinds = Object.values(Object.groupBy(all, each => each.type + each.className));
    const node = any(any(kinds));
    if (node.type === 'range') {
      for (let moves = 0; moves < 4; moves++) {
        node.value = Number(node.min) + random() * (node.max - node.min);
        send(node, 'input');
        await pause(16);
      }
    } else if (node instanceof HTMLSelectElement) {
      node.selectedIndex = Math.floor(random() * node.options.length);
      send(node, 'change');
    } else if (node.matches('.number')) {
      for (const key of ['ArrowUp', 'ArrowDown', 'ArrowUp']) node.dispatchEvent(new KeyboardEvent('keydown', { key }));
    } else node.click();
    if (document.querySelector('dialog[open]')) {
      any([...document.querySelectorAll('.option')]).click();
      document.querySelector('dialog[open]')?.close();
      await pause(0);
    }
    if (random() < 0.7) await rest();
    if (document.querySelector('#status .errors')) {
      told++;
      if (random() < 0.9) document.querySelector('#history button')?.click();
    }
  }
  await rest();
  return told;
}"""
