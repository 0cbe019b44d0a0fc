// Questions that stop all else.

import { button, el, newId } from "./dom.js";

function ask(label, parts, submit) {
  return new Promise((resolve) => {
    const id = newId();
    const form = el("form", { method: "dialog" }, el("h2", { text: label, id }), ...parts);
    const dialog = el("dialog", { "aria-labelledby": id }, form);
    let result = null;
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      result = submit();
      dialog.close();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(result);
    });
    dialog.addEventListener("click", (event) => (event.target === dialog || event.target.value === "cancel") && dialog.close());
    document.body.append(dialog);
    dialog.showModal();
  });
}

const buttons = (text) =>
  el("div", { class: "buttons" }, el("button", { type: "button", value: "cancel", text: "Cancel" }), el("button", { type: "submit", class: "primary", text }));

/** Take an address that somebody sent. */
export async function openView(take) {
  const field = el("textarea", { rows: 4, "aria-label": "address", placeholder: "http://127.0.0.1:8642/#recipe=...", spellcheck: "false" });
  const about = el("p", { text: "Paste the address of a view. Its recipe is shown in place of this one; undo brings this one back." });
  const address = await ask("Open a view", [about, field, buttons("Open")], () => field.value.trim());
  if (address) await take(address.includes("#") ? address : `#${address}`);
}

/** Whether the file that somebody else has changed is to be written over. */
export const confirmOverwrite = async (problem, file) =>
  Boolean(await ask(`Save to ${file} all the same?`, [el("p", { text: problem }), buttons("Overwrite")], () => true));

/** A field for the address with the key. */
export function tokenField() {
  const field = el("input", { type: "text", class: "text", "aria-label": "address that digitgen try has printed", placeholder: "http://127.0.0.1:8642/?token=...", autocomplete: "off", spellcheck: "false" });
  const take = () => {
    const key = /[?&]token=([^&#\s]+)/.exec(field.value)?.[1] ?? field.value.trim();
    if (!key) return field.focus();
    const url = new URL(location.href);
    url.searchParams.set("token", key);
    location.replace(url);
  };
  field.addEventListener("keydown", (event) => event.key === "Enter" && take());
  return el("p", { class: "fields" }, field, button("use it", take));
}
