// Sliders with one handle or two, and fields for exact values.

import { el } from "./dom.js";

/** A number without the dust of binary fractions. */
export const tidy = (value) => (typeof value === "bigint" ? value : Number(value.toPrecision(12)));

/** What somebody typed as a number; undefined if it is none. */
export function typed(text) {
  const plain = text.trim();
  if (plain === "" || !Number.isFinite(Number(plain))) return undefined;
  const value = Number(plain);
  return /^[-+]?\d+$/.test(plain) && !Number.isSafeInteger(value) ? BigInt(plain) : value;
}

/**
 * A slider over one track, with a handle for each name.
 *
 * `control` has soft, step, low, high and perhaps legible; `moved` is told all values. It goes as far as `soft`, and further
 * if a value lies beyond. Handles do not pass each other.
 */
export function slider(control, names, moved) {
  const [softLow, softHigh] = control.soft ?? [control.low, control.high];
  const { step } = control;
  let least = softLow;
  let most = softHigh;
  const handles = names.map((name, place) =>
    el("input", { type: "range", step, "aria-label": name, on: { input: () => take(place, Number(handles[place].value)) } }),
  );
  const node = el("span", { class: "slider" }, el("span", { class: "track" }), ...handles);
  let values = [];

  function take(place, raw) {
    const onGrid = Math.min(most, Math.max(least, tidy(Math.round(raw / step) * step)));
    const low = place > 0 ? values[place - 1] : -Infinity;
    const high = place + 1 < values.length ? values[place + 1] : Infinity;
    const value = Math.min(Math.max(onGrid, low), high);
    // The hand holds the thumb elsewhere than where the value is kept.
    handles[place].value = value;
    if (value === values[place]) return;
    values = values.with(place, value);
    draw();
    moved(values);
  }

  const share = (value) => `${(100 * (value - least)) / (most - least || 1)}%`;

  function draw() {
    const [low, high] = values.length > 1 ? values : [Math.max(least, Math.min(0, most)), values[0]];
    node.style.setProperty("--low", share(Math.min(low, high)));
    node.style.setProperty("--high", share(Math.max(low, high)));
    const [legibleLow = -Infinity, legibleHigh = Infinity] = (control.legible ?? []).map((end) => end ?? undefined);
    node.style.setProperty("--legible-low", share(Math.max(least, Math.min(legibleLow, most))));
    node.style.setProperty("--legible-high", share(Math.min(most, Math.max(legibleHigh, least))));
    // Where both stand at the right end, only the lower one can move.
    handles[0].classList.toggle("above", values.length > 1 && values[0] > (least + most) / 2);
  }

  // The track moves the nearest handle; thumbs move themselves.
  node.addEventListener("pointerdown", (event) => {
    if (event.target instanceof HTMLInputElement || event.button) return;
    event.preventDefault();
    const box = node.getBoundingClientRect();
    const valueOf = (each) => least + ((each.clientX - box.left - 8) / (box.width - 16)) * (most - least);
    const far = values.map((value) => Math.abs(value - valueOf(event)));
    const place = far.length > 1 && (far[1] < far[0] || (far[1] === far[0] && valueOf(event) > values[0])) ? 1 : 0;
    node.setPointerCapture(event.pointerId);
    handles[place].focus();
    const follow = (each) => take(place, valueOf(each));
    const stop = () => {
      node.removeEventListener("pointermove", follow);
      node.removeEventListener("pointerup", stop);
      node.removeEventListener("pointercancel", stop);
    };
    node.addEventListener("pointermove", follow);
    node.addEventListener("pointerup", stop);
    node.addEventListener("pointercancel", stop);
    follow(event);
  });

  return {
    node,
    handles,
    sync(now) {
      values = now.map(Number);
      const beyond = values.filter(Number.isFinite);
      least = Math.min(softLow, ...beyond);
      most = Math.max(softHigh, ...beyond);
      handles.forEach((handle, place) => {
        handle.min = least;
        handle.max = most;
        if (Number(handle.value) !== values[place]) handle.value = values[place];
        handle.setAttribute("aria-valuetext", `${now[place]}${control.unit ? ` ${control.unit}` : ""}`);
      });
      draw();
    },
  };
}

/** A field for an exact number; `wrong` is told what was typed that is none, and null once it is one. */
export function numberField(control, name, changed, wrong) {
  const node = el("input", {
    type: "text",
    inputmode: control.low >= 0 && (control.whole || control.kind === "integer") ? "numeric" : "decimal",
    class: `number${control.big ? " big" : ""}`,
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": name,
  });
  let shown;
  const step = () => control.step ?? control.multiple ?? (control.whole || control.kind === "integer" ? 1 : 0.01);
  node.addEventListener("input", () => {
    const value = typed(node.value);
    wrong(value === undefined ? `must be a number; got '${node.value}'` : null);
    if (value === undefined) return;
    shown = value;
    changed(value);
  });
  // What is no number does not stay.
  node.addEventListener("blur", () => {
    wrong(null);
    node.value = String(shown);
  });
  node.addEventListener("keydown", (event) => {
    const way = { ArrowUp: 1, ArrowDown: -1 }[event.key];
    const value = typed(node.value);
    if (!way || typeof value !== "number" || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    const moved = tidy(value + way * step() * (event.shiftKey ? 10 : 1));
    node.value = String(Math.min(Number(control.high ?? Infinity), Math.max(Number(control.low ?? -Infinity), moved)));
    node.dispatchEvent(new Event("input"));
  });
  return {
    node,
    sync(value) {
      if (value === shown && document.activeElement === node) return;
      if (typed(node.value) !== value) node.value = String(value);
      shown = value;
    },
  };
}
