// Parts for single values: numbers, words, text, and YAML for what nothing else can show.

import { el, newId } from "./dom.js";
import { PARTS, inForce, isLong, nameOf } from "./parts.js";
import { isNumber, keysOf, readFlow, same, writeFlow } from "./plain.js";
import { numberField, slider } from "./sliders.js";

const ends = (control, value) => (isNumber(value) ? [control.one === "high" ? control.low : value, value] : value);

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

const unit = (control) => el("span", { class: "unit", text: isLong(control.unit) ? "" : control.unit });

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

Object.assign(PARTS, { integer: number, number, range, flag, word, text, unknown: raw });
