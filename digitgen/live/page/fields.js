// A part of the form for each kind of control. A part has a node, and `sync` to show what the recipe says now.

import { button, el, icon, iconButton, newId } from "./dom.js";
import { isNumber, isObject, keysOf, readFlow, same, writeFlow } from "./plain.js";
import { numberField, slider } from "./sliders.js";

export const nameOf = (key) => String(key).replaceAll("_", " ");

const ends = (control, value) => (isNumber(value) ? [control.one === "high" ? control.low : value, value] : value);
const MOST_ITEMS = 60; // of a list or a table; longer ones are shown as text

/** Whether a control can show a value. */
export function fits(control, value) {
  switch (control.kind) {
    case "integer":
    case "number":
      return isNumber(value);
    case "range":
      return (control.one && isNumber(value)) || (Array.isArray(value) && value.length === 2 && value.every(isNumber));
    case "flag":
      return typeof value === "boolean";
    case "word":
      return control.words.includes(value);
    case "text":
      return typeof value === "string";
    case "list":
      return Array.isArray(value) && value.length <= MOST_ITEMS && value.every((each) => fits(control.item, each));
    case "table":
      return isObject(value) && keysOf(value).length <= MOST_ITEMS && Object.values(value).every((each) => fits(control.values, each));
    case "group":
      return (control.one && isNumber(value)) || (isObject(value) && control.controls.every((each) => isThere(each, value)));
    case "choice":
      return control.options.some((each) => fits(each, value));
    case "sections":
      return isObject(value) && Object.values(value).every(isObject);
    case "steps":
      return isObject(value) && keysOf(value).every((key) => control.stages.includes(key) && Array.isArray(value[key]));
    default:
      return false;
  }
}

const isThere = (control, section) => !control.required || Object.hasOwn(section, control.key);

/** Make the part that edits the value at the end of a way. */
export function body(control, way, form, name) {
  return (PARTS[control.kind] ?? raw)(control, way, form, name);
}

/** The value that is in force: the recipe's, or the default. */
const inForce = (control, way, form) => form.recipe.get(way) ?? control.default;

function number(control, way, form, name) {
  const write = (value) => form.set(way, value);
  const bar = control.step && slider(control, [name], ([value]) => write(value));
  const field = numberField(control, name, write, (problem) => form.complain(way, problem));
  const node = el("span", { class: bar ? "measure" : "measure alone" }, bar?.node, field.node, unit(control));
  return {
    node,
    sync() {
      const value = inForce(control, way, form);
      bar?.sync([value]);
      field.sync(value);
    },
  };
}

function range(control, way, form, name) {
  const names = [`${name}, least`, `${name}, most`];
  const write = (values) => {
    const before = form.recipe.get(way);
    const [low, high] = values;
    const single = isNumber(before) && control.one === "high" ? low === control.low : control.one === "both" && low === high;
    form.set(way, single ? high : values);
  };
  const now = () => ends(control, inForce(control, way, form));
  const bar = control.step && slider(control, names, write);
  const fields = names.map((each, place) =>
    numberField(control, each, (value) => write(now().with(place, value)), (problem) => form.complain(way, problem)),
  );
  const between = el("span", { class: "to", text: "–", "aria-hidden": "true" });
  const node = el("span", { class: bar ? "measure pair" : "measure pair alone" }, bar?.node, fields[0].node, between, fields[1].node, unit(control));
  return {
    node,
    sync() {
      const values = now();
      bar?.sync(values);
      fields.forEach((field, place) => field.sync(values[place]));
    },
  };
}

const SHORT = 6; // characters of a unit that has room beside a number; longer ones stand under the name

const unit = (control) => el("span", { class: "unit", text: (control.unit ?? "").length <= SHORT ? control.unit : "" });

function flag(control, way, form, name) {
  const node = el("input", { type: "checkbox", class: "switch", role: "switch", "aria-label": name, on: { change: () => form.set(way, node.checked) } });
  return { node, sync: () => (node.checked = inForce(control, way, form)) };
}

/** Few words side by side, more as a list to unfold. */
function word(control, way, form, name) {
  if (control.words.length > 4 || control.words.join("").length > 30) return unfolding(control, way, form, name);
  const group = newId();
  const choices = control.words.map((each) =>
    el("input", { type: "radio", name: group, value: each, on: { change: () => form.set(way, each) } }),
  );
  const node = el("span", { class: "segments", role: "radiogroup", "aria-label": name });
  choices.forEach((choice) => node.append(el("label", {}, choice, el("span", { text: nameOf(choice.value) }))));
  return {
    node,
    sync() {
      const value = inForce(control, way, form);
      choices.forEach((choice) => (choice.checked = choice.value === value));
    },
  };
}

function unfolding(control, way, form, name) {
  const node = el("select", { "aria-label": name, on: { change: () => form.set(way, node.value) } });
  node.append(...control.words.map((each) => el("option", { value: each, text: each })));
  return { node, sync: () => (node.value = inForce(control, way, form)) };
}

function text(control, way, form, name) {
  if (control.names === "splits") return otherSplit(control, way, form, name);
  const isDate = control.format === "date";
  const node = el("input", {
    type: isDate ? "date" : "text",
    class: "text",
    autocomplete: "off",
    spellcheck: "false",
    "aria-label": name,
    on: { input: () => (isDate && !node.value ? undefined : form.set(way, node.value || (control.required || control.least !== 1 ? node.value : undefined))) },
  });
  return {
    node,
    sync() {
      const value = inForce(control, way, form) ?? "";
      if (node.value !== value) node.value = value;
    },
  };
}

function otherSplit(control, way, form, name) {
  const node = el("select", { "aria-label": name, on: { change: () => form.set(way, node.value) } });
  return {
    node,
    sync() {
      const value = form.recipe.get(way) ?? "";
      const own = way.at(-2);
      const names = keysOf(form.recipe.get(["splits"]) ?? {}).filter((each) => each !== own);
      const wanted = [...new Set([...names, value])].filter(Boolean);
      if ([...node.options].map((each) => each.value).join("\n") !== wanted.join("\n")) {
        node.replaceChildren(...wanted.map((each) => el("option", { value: each, text: each })));
      }
      node.value = value;
    },
  };
}

/** What no control shows: as YAML on one line, which can be changed. */
function raw(control, way, form, name) {
  const node = el("textarea", { class: "raw", rows: "1", spellcheck: "false", autocomplete: "off", "aria-label": `${name}, as YAML on one line` });
  let shown;
  node.addEventListener("input", () => {
    try {
      shown = readFlow(node.value);
    } catch (error) {
      return form.complain(way, `cannot be read: ${error.message}`);
    }
    form.complain(way, null);
    form.set(way, shown);
  });
  return {
    node,
    sync() {
      const value = form.recipe.get(way);
      if (shown === undefined || !same(shown, value)) {
        node.value = writeFlow(value);
        node.rows = Math.min(6, 1 + Math.floor(node.value.length / 44));
        form.complain(way, null);
      }
      shown = value;
    },
  };
}

/** Items in a row, each with a part of its own. */
function list(control, way, form, name) {
  const items = el("span", { class: "items" });
  const add = button("add", () => {
    const value = form.recipe.get(way) ?? control.default ?? [];
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
      const value = form.recipe.get(way) ?? control.default;
      if (value.length !== parts.length) {
        parts = value.map((_, place) => {
          const label = `${name}, ${place + 1}`;
          const part = body(control.item, [...way, place], form, label);
          const remove = () => form.set(way, form.recipe.get(way).filter((_, each) => each !== place), null);
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
  const node = el("span", { class: "list" }, rows, el("button", { type: "button", class: "small", text: "add", on: { click: add } }));
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

/** What a choice offers: its options, and each word of those that are words. */
const offersOf = (control) =>
  control.options.flatMap((option) => (option.kind === "word" ? option.words.map((word) => ({ option, word, title: word })) : [{ option, title: nameOf(option.title) }]));

/** One of several forms of a value; what was chosen before comes back when it is chosen again. */
function choice(control, way, form, name) {
  const offers = offersOf(control);
  const kept = new Map();
  const select = el("select", { "aria-label": `${name}: kind`, on: { change: choose } });
  select.append(...offers.map((each, place) => el("option", { value: place, text: each.title })));
  const holder = el("div", { class: "chosen" });
  const node = el("div", { class: "choice" }, select, holder);
  let place = -1;
  let part = null;

  const startOf = (offer) => offer.word ?? kept.get(offer) ?? offer.option.start ?? offer.option.default;

  function choose() {
    const [before, after] = [offers[place], offers[Number(select.value)]];
    form.set(way, carried(form.recipe.get(way), before?.option, startOf(after), after.option), null);
  }

  return {
    node,
    sync() {
      const value = inForce(control, way, form);
      const now = offers.findIndex((each) => (each.word === undefined ? fits(each.option, value) : each.word === value));
      const offer = offers[now];
      if (now !== place) {
        place = now;
        part = offer.word === undefined ? body(offer.option, way, form, name) : null;
        holder.replaceChildren(...(part ? [part.node] : []));
        holder.hidden = !part;
      }
      kept.set(offer, value);
      offers.forEach((each, other) => (select.options[other].disabled = other !== place && startOf(each) === undefined));
      select.value = String(place);
      part?.sync();
    },
  };
}

/** The value to begin another section with: keys that both sections have, and mean the same, stay. */
function carried(old, before, value, after) {
  if (before?.kind !== "group" || after.kind !== "group" || !isObject(old) || !isObject(value)) return value;
  const common = after.controls.filter((each) => before.controls.some((other) => same(each, other))).map((each) => each.key);
  const own = Object.entries(value).filter(([key]) => !common.includes(key));
  return Object.fromEntries([...own, ...Object.entries(old).filter(([key]) => common.includes(key))]);
}

/** A section: a row for each key, and a button for each that is left out. */
function group(control, way, form, name) {
  if (control.one) return groupOrNumber(control, way, form, name);
  return rows(control.controls, way, form, name);
}

/** One number may stand for the section; it becomes one when it is changed. */
function groupOrNumber(control, way, form, name) {
  const inner = rows(control.controls, way, form, name);
  const single = body({ ...control.controls.find((each) => each.key === control.one), kind: "number" }, way, form, name);
  const node = el("div", {});
  return {
    node,
    sync() {
      const part = isNumber(form.recipe.get(way)) ? single : inner;
      if (node.firstChild !== part.node) node.replaceChildren(part.node);
      part.sync();
    },
  };
}

/** Rows for the keys of a section. Keys that no control shows are text, but for those that are `hidden`; null hides all. */
export function rows(controls, way, form, name = "", hidden = []) {
  const made = controls.map((each) => (each.kind === "either" ? either(each, way, form) : row(each, [...way, each.key], form)));
  const known = new Set([...(hidden ?? []), ...controls.flatMap((each) => (each.kind === "either" ? each.options.map((option) => option.key) : [each.key]))]);
  const rest = el("div", { class: "rest" });
  const chips = el("div", { class: "chips", role: "group", "aria-label": `add to ${name || "it"}` });
  const node = el("div", { class: "rows" }, ...made.map((each) => each.node), rest, chips);
  made.forEach((each) => each.chip && chips.append(each.chip));
  let others = [];
  return {
    node,
    sync() {
      const value = form.recipe.get(way);
      const now = hidden && isObject(value) ? Object.keys(value).filter((key) => !known.has(key)) : [];
      if (!same(now, others.map((each) => each.key))) {
        others = now.map((key) => ({ key, ...row({ key, kind: "unknown" }, [...way, key], form) }));
        rest.replaceChildren(...others.map((each) => each.node));
      }
      [...made, ...others].forEach((each) => each.sync());
      chips.hidden = [...chips.children].every((each) => each.hidden);
    },
  };
}

/** A key with its name, help and what is wrong with it. */
export function row(control, way, form, label = nameOf(control.key ?? "")) {
  const name = form.nameFor(way, label);
  const ids = { help: newId(), told: newId() };
  const help = el("p", { class: "help", id: ids.help, text: control.help ?? "", hidden: true });
  const ask = control.help ? iconButton("help", `about ${label}`, toggleHelp, { class: "icon faint", "aria-expanded": "false", "aria-controls": ids.help }) : null;
  const reset = iconButton("reset", "", () => form.set(way, undefined, null), { class: "icon faint" });
  const holder = el("div", { class: "holder" });
  const told = el("ul", { class: "told", id: ids.told });
  const long = (control.unit ?? "").length > SHORT ? el("small", { text: control.unit }) : null;
  const head = el("div", { class: "head" }, el("span", { class: "name" }, label, long), ask, reset);
  const node = el("div", { class: "row", role: "group", "aria-label": label }, head, holder, help, told);
  const start = control.start ?? (control.kind === "text" && !control.format && !control.names ? "" : undefined);
  const optional = control.kind !== "unknown" && !control.required && control.default === undefined;
  const chip = optional ? el("button", { type: "button", class: "chip", on: { click: switchOn } }, icon("plus"), el("span", { text: label })) : null;
  let part = null;
  let shape = null;
  form.place(way, { node, told, holder, help: control.help ? ids.help : null, toldId: ids.told });

  function toggleHelp() {
    help.hidden = !help.hidden;
    ask.setAttribute("aria-expanded", String(!help.hidden));
  }

  function switchOn() {
    form.set(way, control.names === "splits" ? otherName(way, form) : start, null);
    holder.querySelector("input, select, textarea, button")?.focus();
  }

  return {
    node,
    chip,
    sync() {
      const value = form.recipe.get(way);
      const shown = value ?? control.default;
      const now = shown === undefined ? "off" : fits(control, shown) ? "control" : "text";
      if (now !== shape) {
        shape = now;
        part = now === "off" ? null : now === "control" ? body(control, way, form, name) : raw(control, way, form, name);
        holder.replaceChildren(...(part ? [part.node] : []));
        node.classList.toggle("tall", ["list", "table"].includes(control.kind));
      }
      node.hidden = now === "off" && optional;
      node.classList.toggle("block", now === "control" && isBlock(control, shown));
      if (chip) {
        chip.hidden = now !== "off";
        chip.disabled = start === undefined && !(control.names === "splits" && otherName(way, form));
        chip.title = chip.disabled ? `${control.help ?? ""} Only CONFIG can name files.`.trim() : (control.help ?? "");
      }
      node.classList.toggle("set", value !== undefined);
      const can = value !== undefined && !control.required;
      reset.hidden = !can;
      if (can) {
        const what = optional || control.kind === "unknown" ? `leave out ${label}` : `${label} back to its default, ${writeFlow(control.default)}`;
        reset.setAttribute("aria-label", what);
        reset.title = what;
      }
      part?.sync();
    },
  };
}

/** Whether a control takes the whole width, under its name. */
function isBlock(control, value) {
  if (control.kind === "choice") return isBlock(control.options.find((each) => fits(each, value)), value);
  return ["group", "sections", "steps"].includes(control.kind);
}

const otherName = (way, form) => keysOf(form.recipe.get(["splits"]) ?? {}).find((each) => each !== way.at(-2));

/** Just one of several keys of a section. */
function either(control, way, form) {
  const kept = new Map();
  const select = el("select", { "aria-label": "law", on: { change: choose } });
  select.append(...control.options.map((each) => el("option", { value: each.key, text: nameOf(each.key) })));
  const holder = el("div", {});
  const node = el("div", { class: "either" }, el("div", { class: "row" }, el("div", { class: "head" }, el("span", { class: "name", text: "given as" })), el("div", { class: "holder" }, select)), holder);
  const made = new Map(control.options.map((each) => [each.key, row({ ...each, required: true }, [...way, each.key], form)]));
  let key = null;
  const current = (section) => control.options.find((each) => isObject(section) && Object.hasOwn(section, each.key))?.key;

  function choose() {
    const section = form.recipe.get(way) ?? {};
    const before = current(section);
    if (before) kept.set(before, section[before]);
    const value = kept.get(select.value) ?? control.options.find((each) => each.key === select.value).start;
    const renamed = Object.entries(section).map(([each, old]) => (each === before ? [select.value, value] : [each, old]));
    form.set(way, Object.fromEntries(before ? renamed : [...renamed, [select.value, value]]), null);
  }

  return {
    node,
    sync() {
      const now = current(form.recipe.get(way)) ?? control.options[0].key;
      if (now !== key) {
        key = now;
        holder.replaceChildren(made.get(key).node);
      }
      select.value = key;
      made.get(key).sync();
    },
  };
}

export const PARTS = { integer: number, number, range, flag, word, text, list, table, choice, group, unknown: raw };
