// Sections: a row for each key, with its name, help, and what is wrong with it.

import { el, icon, iconButton, newId } from "./dom.js";
import { PARTS, body, fits, isLong, nameOf } from "./parts.js";
import { isObject, keysOf, same, writeFlow } from "./plain.js";

/** A section: a row for each key, and a button for each that is left out. */
function group(control, way, form, name) {
  return rows(control.controls, way, form, name);
}

/** Rows for the keys of a section. Keys that no control shows are text, but for those that are `hidden`; null hides all. */
export function rows(controls, way, form, name = "", hidden = []) {
  const made = controls.map((each) => (each.kind === "either" ? body(each, way, form) : row(each, [...way, each.key], form)));
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
  const reset = iconButton("reset", "", () => form.clear(way), { class: "icon faint" });
  const holder = el("div", { class: "holder" });
  const told = el("ul", { class: "told", id: ids.told });
  const long = isLong(control.unit) ? el("small", { text: control.unit }) : null;
  const head = el("div", { class: "head" }, el("span", { class: "name" }, label, long), ask, reset);
  const node = el("div", { class: "row", "data-kind": control.kind, role: "group", "aria-label": label }, head, holder, help, told);
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
        part = now === "off" ? null : now === "control" ? body(control, way, form, name) : PARTS.unknown(control, way, form, name);
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

PARTS.group = group;
