// Elements, made without markup: text stays text, whatever is in it.

/** Make an element. `props` are properties of attributes: `class`, `text`, `on` (listeners) are special. */
export function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "text") node.textContent = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) node.addEventListener(event, listener);
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined));
  return node;
}

let made = 0;

/** An id that no other element has. */
export const newId = () => `e${++made}`;

const ICONS = {
  up: "M12 19V6M6 11l6-6 6 6",
  down: "M12 5v13M6 13l6 6 6-6",
  remove: "M6 6l12 12M18 6L6 18",
  undo: "M9 6L4 11l5 5M4 11h10a6 6 0 0 1 0 12",
  redo: "M15 6l5 5-5 5M20 11H10a6 6 0 0 0 0 12",
  plus: "M12 5v14M5 12h14",
  help: "M9.5 9a2.6 2.6 0 1 1 3.8 2.3c-.9.5-1.3 1-1.3 2.2M12 17v.3",
  reset: "M5 5v5h5M5.6 10A7.5 7.5 0 1 1 5 14.5",
  grip: "M9 6v.1M15 6v.1M9 12v.1M15 12v.1M9 18v.1M15 18v.1",
};

/** A small picture, hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
  path.setAttribute("d", ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with a picture in it; `label` is what it does. */
export const iconButton = (name, label, click, props = {}) =>
  el("button", { type: "button", class: "icon", "aria-label": label, title: label, on: { click }, ...props }, icon(name));

/** A button with a word on it. */
export const button = (text, click, props = {}) => el("button", { type: "button", text, on: { click }, ...props });

/** Show and hide without a jump of the focus. */
export function show(node, shown) {
  if (node.hidden === shown) node.hidden = !shown;
}

/** Copy text to the clipboard; tells whether it could. */
export async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // Beyond loopback a page over http has no clipboard of its own.
    const area = el("textarea", { class: "outside", "aria-hidden": "true" });
    const before = document.activeElement;
    area.value = text;
    document.body.append(area);
    area.select();
    const copied = document.execCommand("copy");
    area.remove();
    before?.focus();
    return copied;
  }
}
