// The list of steps to add one from: grouped by family, searched by what they say of themselves.

import { el, newId } from "./dom.js";
import { nameOf } from "./parts.js";

/** Let somebody choose a step; gives its name, or null. `there` are the names of those that the list has. */
export function pick(steps, stage, there, title) {
  const fitting = Object.entries(steps).filter(([, each]) => each.stages.includes(stage));
  return new Promise((resolve) => {
    const listId = newId();
    const search = el("input", { type: "search", placeholder: "search: blur, paper, slant ...", "aria-label": "search steps", role: "combobox", "aria-expanded": "true", "aria-controls": listId, "aria-autocomplete": "list", autocomplete: "off", spellcheck: "false", on: { input: filter, keydown: keys } });
    const list = el("div", { class: "families", id: listId, role: "listbox", "aria-label": "steps" });
    const none = el("p", { class: "none", role: "status" });
    const close = el("button", { type: "button", text: "Cancel", on: { click: () => dialog.close() } });
    const dialog = el("dialog", { class: "picker", "aria-label": `add a step on ${title}` }, el("div", { class: "search" }, search, close), el("div", { class: "found" }, list, none));
    const options = [];
    const families = new Map();
    let current = null;

    for (const [name, step] of fitting) {
      if (!families.has(step.family)) {
        const label = newId();
        const family = el("div", { class: "family", role: "group", "aria-labelledby": label }, el("h3", { id: label, text: nameOf(step.family) }));
        families.set(step.family, family);
        list.append(family);
      }
      const taken = step.once && there.includes(name);
      const words = [name, step.title, step.family, step.summary, step.source ?? "", ...step.controls.map((each) => `${each.key} ${each.help ?? ""}`)];
      const node = el("div", { class: "option", role: "option", id: newId(), "aria-selected": "false", "aria-disabled": String(taken), on: { click: () => take(option), pointermove: () => mark(option) } }, el("strong", { text: step.title }), el("span", { text: taken ? "is in the list already" : step.summary }));
      if (step.severity) node.firstChild.append(el("small", { text: "severities" }));
      const option = { name, node, taken, near: `${name} ${step.title} ${step.family}`.toLowerCase(), text: words.join(" ").toLowerCase() };
      options.push(option);
      families.get(step.family).append(node);
    }

    const visible = () => options.filter((each) => !each.node.hidden);

    function filter() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      options.forEach((each) => (each.node.hidden = !words.every((word) => each.text.includes(word))));
      families.forEach((family) => (family.hidden = ![...family.querySelectorAll(".option")].some((each) => !each.hidden)));
      const seen = visible();
      none.textContent = seen.length ? "" : `no step says anything of '${search.value}'`;
      mark(words.length ? (seen.find((each) => words.every((word) => each.near.includes(word))) ?? seen[0] ?? null) : null);
    }

    function mark(option) {
      current?.node.setAttribute("aria-selected", "false");
      current = option;
      option?.node.setAttribute("aria-selected", "true");
      if (option) search.setAttribute("aria-activedescendant", option.node.id);
      else search.removeAttribute("aria-activedescendant");
    }

    function keys(event) {
      const seen = visible();
      const way = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      if (way && seen.length) {
        const place = seen.indexOf(current);
        mark(seen[place < 0 ? (way > 0 ? 0 : seen.length - 1) : (place + way + seen.length) % seen.length]);
        current.node.scrollIntoView({ block: "nearest" });
      } else if (event.key === "Enter" && current) take(current);
      else return;
      event.preventDefault();
    }

    function take(option) {
      if (option.taken) return;
      dialog.close();
      resolve(option.name);
    }

    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(null);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
    document.body.append(dialog);
    dialog.showModal();
    search.focus();
  });
}
