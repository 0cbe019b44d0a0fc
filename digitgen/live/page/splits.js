// Sections by names of your own: the splits.

import { button, el, icon, iconButton } from "./dom.js";
import { PARTS } from "./parts.js";
import { isObject, keysOf, same } from "./plain.js";
import { rows } from "./rows.js";

PARTS.sections = function sections(control, way, form) {
  const list = el("div", { class: "sections" });
  const add = button("add a split", addSection, { class: "add" });
  add.prepend(icon("plus"));
  const node = el("div", {}, list, add);
  const all = () => form.recipe.get(way) ?? {};
  let made = [];

  function addSection() {
    const taken = keysOf(all());
    const name = ["train", "validation", "test"].find((each) => !taken.includes(each)) ?? freeName(taken);
    // The new one is as the last one, whose values can be right; it has nothing of its own yet.
    const needed = control.controls.filter((each) => each.required);
    const last = Object.values(all()).at(-1);
    const start = Object.fromEntries(needed.map((each) => [each.key, last?.[each.key] ?? each.start]));
    form.set([...way, name], start, null);
    made.find((each) => each.name === name)?.field.select();
  }

  function rename(before, field) {
    const now = all();
    const name = field.value.trim();
    if (name === before) return;
    if (!name || Object.hasOwn(now, name)) {
      form.say(name ? `there is a split ${name} already` : "a split needs a name");
      field.value = before;
      return;
    }
    const follow = (each) => (isObject(each) && each.same_as === before ? { ...each, same_as: name } : each);
    form.set(way, Object.fromEntries(keysOf(now).map((key) => [key === before ? name : key, follow(now[key])])), null);
    form.renamed(before, name);
    made.find((each) => each.name === name)?.field.focus();
  }

  function section(name) {
    const field = el("input", { type: "text", class: "text heading", value: name, "aria-label": `name of the split ${name}`, autocomplete: "off", spellcheck: "false", on: { change: () => rename(name, field) } });
    const look = button("show", () => form.look(name), { class: "small", "aria-label": `show ${name}` });
    const drop = iconButton("remove", `remove the split ${name}`, () => {
      form.set([...way, name], undefined, null);
      (made[0]?.field ?? add).focus();
    }, { class: "icon faint" });
    const told = el("ul", { class: "told" });
    const inner = rows(control.controls, [...way, name], form, name);
    const node = el("div", { class: "section", role: "group", "aria-label": `split ${name}` }, el("div", { class: "bar" }, field, look, drop), told, inner.node);
    form.place([...way, name], { node, told, holder: field.parentElement, help: null, toldId: "" });
    return { name, node, field, drop, sync: inner.sync };
  }

  return {
    node,
    sync() {
      const names = keysOf(all());
      if (!same(names, made.map((each) => each.name))) {
        made = names.map(section);
        list.replaceChildren(...made.map((each) => each.node));
      }
      made.forEach((each) => {
        each.drop.disabled = made.length < 2;
        each.sync();
      });
    },
  };
};

function freeName(taken) {
  for (let number = 2; ; number++) if (!taken.includes(`split${number}`)) return `split${number}`;
}
