// Parts for several values: lists, and tables of keys and values.

import { button, el, iconButton } from "./dom.js";
import { PARTS, body } from "./parts.js";
import { keysOf, same } from "./plain.js";

/** Items in a row, each with a part of its own. */
function list(control, way, form, name) {
  const items = el("span", { class: "items" });
  const all = () => form.recipe.get(way) ?? control.default ?? [];
  // A list that holds by default is written as a whole once an item of it is changed.
  const inner = {
    ...form,
    recipe: { get: (at) => form.recipe.get(at) ?? (at.length === way.length + 1 ? all()[at.at(-1)] : undefined) },
    set: (at, value, gesture = JSON.stringify(at)) =>
      form.recipe.get(way) === undefined ? form.set(way, all().with(at[way.length], value), gesture) : form.set(at, value, gesture),
  };
  const add = button("add", () => {
    const value = all();
    form.set(way, [...value, control.item.start ?? value.at(-1) ?? control.start?.[0] ?? ""], null);
    items.children[value.length]?.querySelector("input, select")?.focus();
  });
  add.className = "small";
  const fixed = control.least !== undefined && control.least === control.most;
  const node = el("span", { class: "list" }, items, fixed ? null : add);
  let parts = [];
  return {
    node,
    sync() {
      const value = all();
      if (value.length !== parts.length) {
        parts = value.map((_, place) => {
          const label = `${name}, ${place + 1}`;
          const part = body(control.item, [...way, place], inner, label);
          const remove = () => form.set(way, all().filter((_, each) => each !== place), null);
          const drop = fixed || value.length <= (control.least ?? 0) ? null : iconButton("remove", `remove ${label}`, remove, { class: "icon small" });
          return { ...part, item: el("span", { class: "item" }, part.node, drop) };
        });
        items.replaceChildren(...parts.map((part) => part.item));
      }
      parts.forEach((part) => part.sync());
      add.disabled = control.most !== undefined && value.length >= control.most;
    },
  };
}

/** Keys and values beside each other. */
function table(control, way, form, name) {
  const rows = el("span", { class: "pairs" });
  const heads = el("span", { class: "item heads", "aria-hidden": "true" }, el("span", { text: control.keys.title }), el("span", { text: control.values.title }));
  const node = el("span", { class: "list" }, heads, rows, el("button", { type: "button", class: "small", text: "add", on: { click: add } }));
  let keys = null;
  let parts = [];

  function rename(before, after) {
    const now = form.recipe.get(way);
    if (after === before || after === "" || Object.hasOwn(now, after)) return;
    form.set(way, Object.fromEntries(keysOf(now).map((key) => [key === before ? after : key, now[key]])), null);
    focus(after);
  }

  function focus(key) {
    rows.children[keys.indexOf(key)]?.querySelector("input")?.focus();
  }

  /** A new key: the next number, or the middle of the widest gap between two where they end at 1. */
  function add() {
    const now = form.recipe.get(way) ?? control.default ?? {};
    const numbers = keysOf(now).map(Number);
    let key = `${keys.length}`;
    if (numbers.length > 1 && numbers.at(-1) === 1 && numbers[0] === 0) {
      const gaps = numbers.slice(1).map((each, place) => each - numbers[place]);
      const widest = gaps.indexOf(Math.max(...gaps));
      key = String(Number(((numbers[widest] + numbers[widest + 1]) / 2).toPrecision(4)));
    } else if (numbers.length && numbers.every(Number.isInteger)) key = String(Math.max(...numbers) + 1);
    const value = Object.values(now).at(-1) ?? Object.values(control.start ?? {})[0] ?? 1;
    form.set(way, { ...now, [key]: value }, null);
    focus(key);
  }

  return {
    node,
    sync() {
      const value = form.recipe.get(way) ?? control.default;
      const now = keysOf(value);
      if (keys === null || !same(keys, now)) {
        keys = now;
        parts = now.map((key) => {
          const label = el("input", { type: "text", class: "number", value: key, "aria-label": `${name}, key ${key}`, autocomplete: "off", on: { change: () => rename(key, label.value.trim()) } });
          const part = body({ ...control.values, step: undefined }, [...way, key], form, `${name} of ${key}`);
          const drop = iconButton("remove", `remove ${key}`, () => form.set([...way, key], undefined, null), { class: "icon small" });
          return { ...part, item: el("span", { class: "item" }, label, el("span", { class: "to", text: ":", "aria-hidden": "true" }), part.node, drop) };
        });
        rows.replaceChildren(...parts.map((part) => part.item));
      }
      parts.forEach((part) => part.sync());
    },
  };
}

Object.assign(PARTS, { list, table });
