// Lists of steps: add, move by hand or by keys, remove, and set.

import { button, el, icon, iconButton } from "./dom.js";
import { PARTS, nameOf } from "./parts.js";
import { pick } from "./picker.js";
import { isNumber, isObject, same, writeFlow } from "./plain.js";
import { row, rows } from "./rows.js";

/** A section of lists of steps. */
PARTS.steps = function steps(control, way, form) {
  const lists = control.stages.map((stage) => stepList(stage, [...way, stage], form));
  return { node: el("div", { class: "stages" }, ...lists.map((each) => each.node)), sync: () => lists.forEach((each) => each.sync()) };
};

function stepList(stage, way, form) {
  const title = form.titleOf(way);
  const list = el("ol", { class: "steps", "aria-label": `steps on ${title}` });
  const place = el("ul", { class: "told" });
  const short = form.titleOf([stage]);
  const add = button(`add a step on ${short}`, addStep, { class: "add", "aria-label": `add a step on ${title}` });
  add.prepend(icon("plus"));
  const node = el("div", { class: "stage" }, el("h3", { text: `on ${short}` }), list, place, add);
  let items = []; // of the steps, in order; each stays with its step when that moves
  let shape = null;

  const steps = () => form.recipe.get(way) ?? [];

  async function addStep() {
    const name = await pick(form.description.steps, stage, steps().map((each) => each?.step), title);
    if (!name) return add.focus();
    items = [...items, { name, open: true }];
    form.set(way, [...steps(), { step: name }], null);
    items.at(-1).head.focus();
    items.at(-1).node.scrollIntoView({ block: "nearest" });
  }

  function remove(item) {
    const place = items.indexOf(item);
    items = items.filter((each) => each !== item);
    form.say(`${item.name} removed`);
    const left = steps().filter((_, each) => each !== place);
    if (left.length) form.set(way, left, null);
    else form.clear(way);
    (items[Math.min(place, items.length - 1)]?.head ?? add).focus();
  }

  /** Put an item before another place; the item keeps the focus. */
  function move(item, to) {
    const from = items.indexOf(item);
    if (to < 0 || to >= items.length || to === from) return;
    const focus = document.activeElement?.dataset?.does;
    const moved = (list) => {
      const rest = list.filter((_, each) => each !== from);
      return [...rest.slice(0, to), list[from], ...rest.slice(to)];
    };
    items = moved(items);
    form.say(`${item.name} is number ${to + 1} of ${items.length}`);
    form.set(way, moved(steps()), null);
    const wanted = focus && item.node.querySelector(`[data-does="${focus}"]`);
    (wanted && !wanted.disabled ? wanted : item.head).focus();
  }

  form.place(way, { node, told: place, holder: list, help: null, toldId: "" });
  return {
    node,
    sync() {
      const now = steps();
      const names = now.map((each) => (isObject(each) ? String(each.step) : ""));
      if (!same(names, shape) || items.some((item, place) => item.place !== place)) {
        items = matched(items, names).map((item, place) => made(item, place, way, form, { move, remove, items: () => items, list }));
        list.replaceChildren(...items.map((item) => item.node));
        shape = names;
        items.forEach((item, place) => {
          item.up.disabled = place === 0;
          item.down.disabled = place === items.length - 1;
        });
      }
      items.forEach((item) => item.sync());
      list.hidden = !items.length;
    },
  };
}

/** The items of steps with these names: those at hand where the name fits, so that open ones stay open. */
function matched(items, names) {
  const left = [...items];
  return names.map((name) => {
    const place = left.findIndex((item) => item.name === name);
    return place < 0 ? { name, open: false } : left.splice(place, 1)[0];
  });
}

/** An item at its place. */
function made(item, place, listWay, form, { move, remove, items, list }) {
  const way = [...listWay, place];
  const stage = listWay.at(-1);
  const known = Object.hasOwn(form.description.steps, item.name) ? form.description.steps[item.name] : undefined;
  const label = known?.title ?? nameOf(item.name);
  const gist = el("span", { class: "gist" });
  const told = el("ul", { class: "told" });
  const inside = el("div", { class: "inside" });
  const head = el(
    "button",
    { type: "button", class: "title", "aria-expanded": String(item.open), "data-does": "open", "aria-keyshortcuts": "Alt+ArrowUp Alt+ArrowDown Delete", title: "Alt+Up and Alt+Down move it, Delete removes it", on: { click: toggle, keydown: keys } },
    el("span", { class: "step", text: label }),
    gist,
  );
  const grip = el("span", { class: "grip", title: "drag to reorder", on: { pointerdown: (event) => drag(event, item, items(), list, move) } }, icon("grip"));
  const up = iconButton("up", `move ${label} up`, () => move(item, item.place - 1), { "data-does": "up", class: "icon faint" });
  const down = iconButton("down", `move ${label} down`, () => move(item, item.place + 1), { "data-does": "down", class: "icon faint" });
  const out = iconButton("remove", `remove ${label}`, () => remove(item), { "data-does": "remove", class: "icon faint" });
  const node = el("li", { class: "item-step" }, el("div", { class: "bar" }, grip, head, up, down, out), told, inside);
  let part = null;

  form.place(way, { node, told, holder: head, help: null, toldId: "", open: () => setOpen(true) });

  function toggle() {
    setOpen(!item.open);
  }

  function setOpen(open) {
    item.open = open;
    item.sync();
    form.tellAgain();
  }

  function keys(event) {
    if (event.key === "Delete") remove(item);
    else if (event.altKey && event.key === "ArrowUp") move(item, item.place - 1);
    else if (event.altKey && event.key === "ArrowDown") move(item, item.place + 1);
    else return;
    event.preventDefault();
  }

  return Object.assign(item, {
    place,
    node,
    head,
    up,
    down,
    sync() {
      const value = form.recipe.get(way);
      head.setAttribute("aria-expanded", String(item.open));
      node.classList.toggle("open", item.open);
      node.classList.toggle("never", isObject(value) && value.p === 0);
      gist.textContent = gistOf(value);
      inside.hidden = !item.open;
      if (!item.open) return;
      if (!part) {
        part = known && isObject(value) ? stepBody(known, way, stage, form) : row({ key: item.name, kind: "unknown" }, way, form);
        inside.replaceChildren(part.node);
      }
      part.sync();
    },
  });
}

/** What is set of a step, in a few words. */
function gistOf(value) {
  if (!isObject(value)) return writeFlow(value);
  const words = ([key, each]) => {
    const number = isNumber(each) || (Array.isArray(each) && each.length === 2 && each.every(isNumber));
    return `${nameOf(key)} ${number ? [...new Set([each].flat())].join("–") : writeFlow(each)}`;
  };
  return Object.entries(value).filter(([key]) => key !== "step").map(words).join(", ");
}

function stepBody(known, way, stage, form) {
  const always = Object.fromEntries(form.description.always.map((each) => [each.key, each]));
  const levelled = known.controls.filter((each) => each.levels);
  const plain = known.controls.filter((each) => !each.levels);
  const spreadable = stage === "glyphs" && known.share ? known.controls.filter((each) => each.spread) : [];
  const top = rows(known.once ? [] : [always.p], way, form, known.title, null);
  const byLevel = known.severity ? severity(always.severity, levelled, way, form) : null;
  const own = rows(known.severity ? plain : known.controls, way, form, known.title, ["step", "p", "severity", "share", "spread", ...levelled.map((each) => each.key)]);
  const sharing = stage === "glyphs" && known.share ? shared(always.share, spreadable, way, form) : null;
  const parts = [top, byLevel, own, sharing].filter(Boolean);
  const about = el("p", { class: "about", text: known.summary });
  if (known.source) about.append(" ", el("span", { class: "source", text: known.source }));
  return { node: el("div", {}, about, ...parts.map((each) => each.node)), sync: () => parts.forEach((each) => each.sync()) };
}

/** Parameters that a published severity decides, or that severity. */
function severity(control, levelled, way, form) {
  const key = [...way, "severity"];
  const select = el("select", { "aria-label": form.nameFor(key, "set by"), on: { change: choose } }, el("option", { value: "parameters", text: "parameters" }), el("option", { value: "severity", text: "published severity, 1 to 5" }));
  const level = row({ ...control, required: true }, key, form);
  const parameters = rows(levelled, way, form, "", null);
  const note = el("p", { class: "levels" });
  const node = el("div", {}, el("div", { class: "row" }, el("div", { class: "head" }, el("span", { class: "name", text: "set by" })), el("div", { class: "holder" }, select)), level.node, note, parameters.node);
  let kept = {};

  function choose() {
    const step = form.recipe.get(way);
    const names = levelled.map((each) => each.key);
    const rest = Object.entries(step).filter(([each]) => !names.includes(each) && each !== "severity");
    const [before, after] = select.value === "severity" ? [names, ["severity"]] : [["severity"], names];
    const goes = Object.entries(step).filter(([each]) => before.includes(each));
    const comes = Object.entries(kept).filter(([each]) => after.includes(each));
    kept = Object.fromEntries(goes);
    const severityNow = select.value === "severity" && !comes.length ? [["severity", control.start ?? [1, 5]]] : comes;
    // A spread of what severity decides is none.
    const spread = rest.map(([each, value]) => [each, each === "spread" && select.value === "severity" && isObject(value) ? Object.fromEntries(Object.entries(value).filter(([name]) => !names.includes(name))) : value]);
    form.set(way, Object.fromEntries([...spread, ...severityNow]), null);
  }

  return {
    node,
    sync() {
      const on = form.recipe.get(key) !== undefined;
      select.value = on ? "severity" : "parameters";
      level.sync();
      level.node.hidden = !on;
      parameters.sync();
      parameters.node.hidden = on && levelled.every((each) => form.recipe.get([...way, each.key]) === undefined);
      note.hidden = !on;
      note.textContent = levelled.map((each) => `${nameOf(each.key)} ${each.signs ? "± " : ""}${each.levels.map((level) => Number(level.toPrecision(4))).join(", ")}${each.unit ? ` ${each.unit}` : ""}`).join("; ");
    },
  };
}

/** Whether the digits of an image share what is sampled, and how far each strays from it. */
function shared(control, spreadable, way, form) {
  const key = [...way, "spread"];
  const share = row({ ...control, kind: "word" }, [...way, "share"], form);
  const fields = spreadable.map((each) => spreadRow(each));
  const box = el("div", { class: "rows" }, ...fields.map((each) => each.node));
  const node = el("div", { class: "rows" }, share.node, box);
  const spreadOf = () => {
    const value = form.recipe.get(key);
    return isNumber(value) && spreadable.length ? { [spreadable[0].key]: value } : isObject(value) ? value : {};
  };

  /** A row that reads and writes one of the numbers, however the spread is written. */
  function spreadRow(parameter) {
    const most = parameter.spread;
    const wide = parameter.soft ? parameter.soft[1] - parameter.soft[0] : most / 2;
    const numbers = { kind: "number", key: parameter.key, low: 0, high: most, soft: [0, Math.min(most, wide / 2)], step: (parameter.step ?? 0.01) / (parameter.whole ? 10 : 2), unit: parameter.unit, default: 0 };
    const inner = {
      ...form,
      recipe: { get: () => spreadOf()[parameter.key] },
      set: (_, value, gesture) => write(parameter.key, value, gesture),
      clear: () => write(parameter.key, undefined, null),
      nameFor: () => form.nameFor(key, `spread of ${nameOf(parameter.key)}`),
    };
    return row({ ...numbers, help: "Standard deviation of each digit around the value that its image shares." }, [...key, parameter.key], inner, `± ${nameOf(parameter.key)}`);
  }

  function write(name, value, gesture = JSON.stringify([...key, name])) {
    const now = Object.entries({ ...spreadOf(), [name]: value || undefined }).filter(([, each]) => each !== undefined);
    const single = spreadable.length === 1 && now.length === 1 && !isObject(form.recipe.get(key));
    form.set(key, now.length ? (single ? now[0][1] : Object.fromEntries(now)) : undefined, gesture);
  }

  return {
    node,
    sync() {
      share.sync();
      box.hidden = form.recipe.get([...way, "share"]) !== "image" && form.recipe.get(key) === undefined;
      fields.forEach((each) => each.sync());
    },
  };
}

/** Drag an item by its grip: its neighbours make room, Escape puts it back. */
function drag(event, item, items, list, move) {
  if (event.button || items.length < 2) return;
  event.preventDefault();
  const { node } = item;
  const grip = event.currentTarget;
  grip.setPointerCapture(event.pointerId);
  node.classList.add("dragged");
  const start = event.clientY;
  let shifted = 0;

  const height = (each) => each.getBoundingClientRect().height;

  function follow(each) {
    // The neighbours are put around the item, which stays in the document and keeps the pointer.
    for (;;) {
      const offset = each.clientY - start - shifted;
      const [before, after] = [node.previousElementSibling, node.nextElementSibling];
      if (before && offset < -height(before) / 2) {
        shifted -= height(before);
        node.after(before);
      } else if (after && offset > height(after) / 2) {
        shifted += height(after);
        node.before(after);
      } else {
        node.style.setProperty("transform", `translateY(${offset}px)`);
        return;
      }
    }
  }

  function stop(each) {
    for (const [name, listener] of Object.entries(listeners)) grip.removeEventListener(name, listener);
    removeEventListener("keydown", escape, true);
    node.classList.remove("dragged");
    node.style.removeProperty("transform");
    const to = [...list.children].indexOf(node);
    if (each.type === "pointerup" && to !== item.place) move(item, to);
    else list.replaceChildren(...items.map((other) => other.node));
  }

  function escape(each) {
    if (each.key === "Escape") stop(each);
  }

  const listeners = { pointermove: follow, pointerup: stop, pointercancel: stop };
  for (const [name, listener] of Object.entries(listeners)) grip.addEventListener(name, listener);
  addEventListener("keydown", escape, true);
}
