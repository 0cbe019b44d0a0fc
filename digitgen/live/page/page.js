// The live page: a recipe, its controls, and the pictures that it makes.

import { button, copy, el, iconButton, show } from "./dom.js";
import { openView, confirmOverwrite, tokenField } from "./dialogs.js";
import { makeForm } from "./form.js";
import { isNumber, isObject, keysOf, same } from "./plain.js";
import { Recipe, packed, unpacked } from "./recipe.js";
import { GoneError, LockedError, ask, onNewToken, takeToken } from "./server.js";
import { Renderer, columnsFor, factsOf, showSheet } from "./sheet.js";

const COUNTS = [12, 16, 24, 32, 48];
const OVERLAYS = ["boxes", "masks", "pairs"];
const ADDRESS_RESTS = 400; // ms; browsers refuse an address that changes too often

const at = (id) => document.getElementById(id);
const form = { sync() {}, tell() {}, problems: () => ({ errors: [], cautions: [] }) };
const view = { split: null, count: 12, columns: null, boxes: false, masks: false, pairs: false };
let start = { config: null };
let saved = null; // the recipe as the file says it
let recipe = new Recipe({});
let yaml = "";

// --- The beginning -------------------------------------------------------------------------------------------------

async function begin() {
  takeToken();
  onNewToken(() => (form.node ? render() : begin()));
  try {
    start = await ask("/start", {});
  } catch (error) {
    return failed(error);
  }
  document.body.classList.remove("shut");
  trouble(start.problem ? [start.problem] : null);
  saved = isObject(start.recipe) ? start.recipe : {};
  recipe = new Recipe(saved);
  recipe.addEventListener("change", changed);
  const actions = { say, look, renamed, complained: showProblems };
  Object.assign(form, makeForm(recipe, start.controls, actions));
  at("form").replaceChildren(form.node);
  at("file").textContent = start.config ?? "no file yet";
  at("save").setAttribute("aria-label", `save to ${start.config}`);
  show(at("save"), Boolean(start.config));
  showYaml(start.yaml ?? "");
  changed();
  await takeAddress();
}

/** The recipe has changed: show it everywhere. */
function changed() {
  form.sync();
  history_.undo.disabled = !recipe.canUndo;
  history_.redo.disabled = !recipe.canRedo;
  showSplits();
  const isSaved = same(recipe.tree, saved);
  show(at("unsaved"), !isSaved);
  at("save").disabled = isSaved;
  document.title = `${typeof recipe.tree.name === "string" ? recipe.tree.name : (start.config ?? "recipe")} - digitgen try`;
  keepAddress();
  render();
}

// --- Pictures ------------------------------------------------------------------------------------------------------

const renderer = new Renderer(
  () => ({ recipe: recipe.tree, view: { ...view, columns: columns() } }),
  async (reply, since) => {
    if (at("trouble").dataset.until === "reply") trouble(null);
    if (reply.waiting !== undefined) return wait(reply.waiting);
    wait(null);
    form.tell({ errors: reply.errors ?? [], cautions: reply.cautions ?? [] });
    showProblems();
    showFacts(reply);
    if (!reply.sheet) return;
    await showSheet(at("sheet"), reply.sheet, reply.texts ?? [], view.split ?? "");
    const milliseconds = Math.round(performance.now() - since);
    at("time").textContent = `${milliseconds} ms`;
  },
  failed,
  () => (document.body.dataset.state = "rests"),
);

/** Ask for the pictures of this recipe and this view. */
function render() {
  document.body.dataset.state = "asks";
  renderer.want();
}

function columns() {
  if (view.columns) return view.columns;
  const { image_width: width, image_height: height } = recipe.tree;
  const size = { width: isNumber(width) ? Number(width) : 168, height: isNumber(height) ? Number(height) : 28 };
  const share = matchMedia("(max-width: 900px)").matches ? 0.38 : 0.5;
  return columnsFor({ width: at("pictures").clientWidth, height: share * innerHeight }, size, view);
}

/** Something is fetched first; null once nothing is. */
function wait(what) {
  const first = at("sheet").querySelector(".none");
  if (what !== null) {
    (first ?? at("stale")).textContent = what;
    show(at("stale"), !first);
  }
  at("pictures").setAttribute("aria-busy", String(what !== null));
  at("pictures").classList.toggle("stale", what !== null);
}

function showProblems() {
  const { errors, cautions } = form.problems();
  const items = [...errors.map((each) => [each, "errors"]), ...cautions.map((each) => [each, "cautions"])];
  const line = ([finding, kind]) => {
    const key = (finding.key ?? []).join(".");
    const place = key ? button(key, () => form.go(finding.key), { class: "link" }) : null;
    return el("li", { class: kind }, place, place ? ": " : "", finding.message);
  };
  const text = JSON.stringify(items);
  if (at("status").dataset.text !== text) {
    at("status").dataset.text = text;
    at("status").replaceChildren(...(items.length ? [el("ul", { class: "told" }, ...items.map(line))] : []));
  }
  const stale = at("pictures").getAttribute("aria-busy") !== "true" && errors.length > 0;
  at("pictures").classList.toggle("stale", stale || at("pictures").getAttribute("aria-busy") === "true");
  if (at("pictures").getAttribute("aria-busy") === "true") return;
  const first = at("sheet").querySelector(".none");
  if (first && stale) first.textContent = "No pictures yet: see what is wrong below.";
  at("stale").textContent = stale ? `These are the last pictures that could be made: ${errors[0].message}` : "";
  show(at("stale"), stale && !first);
}

function showFacts(reply) {
  if (reply.build) at("build").replaceChildren(...factsOf(reply.build).map(([name, value]) => el("div", {}, el("dt", { text: name }), el("dd", { text: value }))));
  if (reply.laws) at("laws").replaceChildren(...reply.laws.map((each) => el("li", { text: each })));
  if (reply.commands) at("commands").replaceChildren(...reply.commands.map((each) => el("li", {}, el("code", { text: each }), copyButton(() => each, "copy the command"))));
  if (typeof reply.yaml === "string") showYaml(reply.yaml);
}

/** YAML with its keys and comments in colours. */
function showYaml(text) {
  yaml = text;
  const parts = text.split("\n").flatMap((line) => {
    const [, space, dash, key, rest] = /^(\s*)((?:- )*)((?:[\w.-]+|"[^"]*"|'[^']*')(?=:(?:\s|$)))?(.*)$/.exec(line) ?? [];
    const comment = /(^|\s)#.*$/.exec(rest ?? "")?.[0] ?? "";
    const plain = (rest ?? line).slice(0, (rest ?? line).length - comment.length);
    return [`${space ?? ""}${dash ?? ""}`, key ? el("b", { text: key }) : "", plain, comment ? el("i", { text: comment }) : "", "\n"];
  });
  at("yaml").firstElementChild.replaceChildren(...parts.slice(0, -1));
}

function showSplits() {
  const names = isObject(recipe.tree.splits) ? keysOf(recipe.tree.splits) : [];
  if (!names.includes(view.split)) view.split = names.includes("train") ? "train" : (names[0] ?? null);
  const select = at("split");
  if ([...select.options].map((each) => each.value).join("\n") !== names.join("\n")) {
    select.replaceChildren(...names.map((each) => el("option", { value: each, text: each })));
  }
  select.value = view.split ?? "";
}

// --- What can be done ----------------------------------------------------------------------------------------------

const history_ = {
  undo: iconButton("undo", "undo (Ctrl+Z)", () => step("undo")),
  redo: iconButton("redo", "redo (Ctrl+Shift+Z)", () => step("redo")),
};

function step(which) {
  if (!(which === "undo" ? recipe.canUndo : recipe.canRedo)) return;
  recipe[which]();
  say(which === "undo" ? "undone" : "done again");
}

/** Say something to screen readers, and for a moment to everybody. */
function say(text) {
  const said = at("said");
  said.textContent = "";
  requestAnimationFrame(() => (said.textContent = text));
}

/** Tell of it on the button that was pressed, too. */
function flash(node, text) {
  say(text);
  node.dataset.label ??= node.textContent;
  node.textContent = text;
  clearTimeout(Number(node.dataset.timer));
  node.dataset.timer = setTimeout(() => (node.textContent = node.dataset.label), 1600);
}

function copyButton(text, label) {
  const node = button("copy", async () => flash(node, (await copy(text())) ? "copied" : "not copied"), { class: "small", "aria-label": label });
  return node;
}

function look(split) {
  view.split = split;
  viewChanged();
  at("pictures").scrollIntoView({ block: "nearest" });
}

function renamed(before, after) {
  if (view.split === before) view.split = after;
  viewChanged();
}

function viewChanged() {
  showSplits();
  keepAddress();
  render();
}

async function save(force = false) {
  try {
    const tree = recipe.tree;
    const reply = await ask("/save", { recipe: tree, ...(force ? { force: true } : {}) });
    saved = tree;
    showYaml(reply.yaml ?? yaml);
    changed();
    flash(at("save"), `saved`);
    at("save").disabled = true;
    if (reply.note) trouble([reply.note]);
  } catch (error) {
    if (error.status === 409 && !force) return (await confirmOverwrite(error.message, start.config)) && save(true);
    if (error.status) return trouble([error.message]);
    failed(error);
  }
}

function download() {
  const link = el("a", { download: `${typeof recipe.tree.name === "string" && /^[\w.-]+$/.test(recipe.tree.name) ? recipe.tree.name : "recipe"}.yaml` });
  link.href = URL.createObjectURL(new Blob([yaml], { type: "application/yaml" }));
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// --- The address ---------------------------------------------------------------------------------------------------

let resting = 0;

function keepAddress() {
  clearTimeout(resting);
  resting = setTimeout(writeAddress, ADDRESS_RESTS);
}

async function writeAddress() {
  const hash = new URLSearchParams({ recipe: await packed(recipe.tree) });
  if (view.split && view.split !== "train") hash.set("split", view.split);
  if (view.count !== 12) hash.set("count", view.count);
  if (view.columns) hash.set("columns", view.columns);
  const overlays = OVERLAYS.filter((each) => view[each]);
  if (overlays.length) hash.set("show", overlays.join(" "));
  history.replaceState(null, "", `#${hash}`);
}

/** Show what an address carries. */
async function takeAddress(address = location.href) {
  const hash = new URLSearchParams(new URL(address, location.href).hash.slice(1));
  if (!hash.has("recipe")) return;
  let tree;
  try {
    tree = await unpacked(hash.get("recipe"));
  } catch (error) {
    return trouble([error.message]);
  }
  const overlays = (hash.get("show") ?? "").split(" ");
  OVERLAYS.forEach((each) => (view[each] = overlays.includes(each)));
  view.count = COUNTS.find((each) => each >= Number(hash.get("count"))) ?? COUNTS.at(-1);
  view.columns = Math.min(8, Math.max(0, Math.trunc(Number(hash.get("columns"))))) || null;
  view.split = hash.get("split");
  showView();
  recipe.replace(tree);
  viewChanged();
}

function showView() {
  OVERLAYS.forEach((each) => (at(each).checked = view[each]));
  at("count").value = view.count;
  at("columns").value = view.columns ?? "";
}

// --- What goes wrong -----------------------------------------------------------------------------------------------

/** Say what is wrong with more than a control, until it is put away; a lost connection only until there is a reply. */
function trouble(parts, until = "read") {
  const box = at("trouble");
  box.dataset.until = until;
  const away = until === "read" ? [iconButton("remove", "put this message away", () => trouble(null))] : [];
  box.replaceChildren(...(parts ?? []).map((each) => (typeof each === "string" ? el("p", { text: each }) : each)), ...away);
  show(box, Boolean(parts));
}

function failed(error) {
  wait(null);
  document.body.classList.toggle("shut", !form.node);
  if (error instanceof GoneError) {
    const again = button("try again", () => (form.node ? render() : begin()));
    const kept = form.node ? " Nothing is lost: the recipe is below as YAML, and in the address of this page." : "";
    trouble([`digitgen try has ended. Start it again and open the address that it prints.${kept}`, again], "reply");
  } else if (error instanceof LockedError) {
    trouble(["This page has no key, or that of another run: open the address that digitgen try has printed, or paste it here.", tokenField()], "reply");
  } else {
    if (!error.status) throw error;
    trouble([error.message]);
  }
  at("pictures").classList.add("stale");
}

// --- Buttons and keys ----------------------------------------------------------------------------------------------

function wire() {
  at("history").append(history_.undo, history_.redo);
  at("count").append(...COUNTS.map((each) => el("option", { value: each, text: each })));
  at("columns").append(el("option", { value: "", text: "auto" }), ...[1, 2, 3, 4, 5, 6, 7, 8].map((each) => el("option", { value: each, text: each })));
  showView();
  at("split").addEventListener("change", () => look(at("split").value));
  for (const name of ["count", "columns"]) {
    at(name).addEventListener("change", () => {
      view[name] = Number(at(name).value) || null;
      viewChanged();
    });
  }
  for (const name of OVERLAYS) {
    at(name).addEventListener("change", () => {
      view[name] = at(name).checked;
      viewChanged();
    });
  }
  at("seed").addEventListener("click", () => recipe.set(["seed"], Math.floor(Math.random() * 1e6), null));
  at("share").addEventListener("click", async () => {
    await writeAddress();
    flash(at("share"), (await copy(location.href)) ? "copied" : "copy it from the address bar");
  });
  at("open").addEventListener("click", () => openView(takeAddress));
  at("save").addEventListener("click", () => save());
  at("copy").addEventListener("click", async () => flash(at("copy"), (await copy(yaml)) ? "copied" : "not copied"));
  at("download").addEventListener("click", download);
  document.querySelector(".skip").addEventListener("click", (event) => {
    event.preventDefault(); // the address carries the recipe
    at("pictures").focus();
  });
  at("form").addEventListener("submit", (event) => event.preventDefault());
  addEventListener("hashchange", () => takeAddress());
  addEventListener("keydown", keys);
  let width = at("pictures").clientWidth;
  new ResizeObserver(() => {
    if (Math.abs(at("pictures").clientWidth - width) < 20) return;
    width = at("pictures").clientWidth;
    if (form.node) render();
  }).observe(at("pictures"));
}

function keys(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "s" && start.config) save();
  else if (document.querySelector("dialog[open]")) return;
  else if (key === "z") step(event.shiftKey ? "redo" : "undo");
  else if (key === "y") step("redo");
  else return;
  event.preventDefault();
}

for (const kind of ["error", "unhandledrejection"]) {
  addEventListener(kind, (event) => trouble([`This page has a defect, please report it: ${(event.reason ?? event.error)?.stack ?? event.message}`]));
}
wire();
begin();
