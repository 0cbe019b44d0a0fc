// Parts to choose by: one of several forms of a value, or just one of several keys of a section.

import { el } from "./dom.js";
import { PARTS, body, fits, inForce, nameOf } from "./parts.js";
import { isObject, same } from "./plain.js";
import { row } from "./rows.js";

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

/** Just one of several keys of a section. */
function either(control, way, form) {
  const kept = new Map();
  const select = el("select", { "aria-label": `${nameOf(way.at(-1))}: given as`, on: { change: choose } });
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
      const now = current(form.recipe.get(way));
      if (now !== key) {
        key = now;
        holder.replaceChildren(made.get(key).node);
      }
      select.value = key;
      made.get(key).sync();
    },
  };
}

Object.assign(PARTS, { choice, either });
