// The form: all controls in panels, and what is wrong at the control that caused it.

import { el } from "./dom.js";
import { nameOf } from "./parts.js";
import { isObject, keysOf, same, writeFlow } from "./plain.js";
import { valueAt, withValue } from "./recipe.js";
import { row } from "./rows.js";
import "./choices.js";
import "./fields.js";
import "./many.js";
import "./splits.js";
import "./steps.js";

/** Panels and the keys in them; keys that are named nowhere here come in the first one. */
const PANELS = [
  { title: "Image", keys: ["image_width", "image_height", "align", "vertical_align", "hand", "alphabet", "name", "seed"], open: true },
  { title: "Strings", keys: ["sequence"], open: true },
  { title: "Gaps", keys: ["spacing", "baseline"], open: true },
  { title: "Steps", keys: ["augment"], open: true },
  { title: "Splits", keys: ["splits", "allow_shared_glyphs"] },
  { title: "Labels and files", keys: ["labels", "output"] },
];

const TITLES = { glyphs: "digits", sequence: "images" };

/** Controls with what they share written out. */
function written(description) {
  const whole = (value) => {
    if (Array.isArray(value)) return value.map(whole);
    if (!isObject(value)) return value;
    const { shared, ...own } = value;
    const all = typeof shared === "string" ? { ...description.shared[shared], ...own } : value;
    return Object.fromEntries(Object.entries(all).map(([key, each]) => [key, key === "default" || key === "start" ? each : whole(each)]));
  };
  // What is empty is left out of a description.
  const steps = Object.fromEntries(Object.entries(description.steps).map(([key, each]) => [key, { controls: [], ...whole(each) }]));
  return { settings: whole(description.settings), always: whole(description.always ?? []), steps };
}

/** Make the form. `actions` are `say`, `look` and `renamed`, for what happens beyond it. */
export function makeForm(recipe, description, actions) {
  const places = new Map();
  const complaints = new Map();
  let told = { errors: [], cautions: [] };

  const form = {
    ...actions,
    recipe,
    description: written(description),
    set: (way, value, gesture = JSON.stringify(way)) => recipe.set(way, value, gesture),
    clear,
    place: (way, place) => places.set(JSON.stringify(way), place),
    titleOf: (way) => (way.length > 2 ? `${TITLES[way.at(-1)] ?? way.at(-1)} of ${way[1]}` : (TITLES[way.at(-1)] ?? way.at(-1))),
    nameFor,
    complain,
    tell,
    tellAgain,
    go,
    problems,
  };

  /** Leave out a key, and its section if that says nothing then, and need not be there. */
  function clear(way) {
    const [key] = way;
    const left = withValue(recipe.tree, way, undefined);
    const empty = way.length === 2 && same(left[key], {}) && form.description.settings.some((each) => each.key === key && each.default);
    recipe.replace(empty ? withValue(left, [key], undefined) : left);
  }

  /** A name that is told apart from those of other steps and splits. */
  function nameFor(way, label) {
    const at = way.findLastIndex((each) => typeof each === "number");
    const step = at >= 0 ? valueAt(recipe.tree, way.slice(0, at + 1)) : null;
    if (isObject(step) && typeof step.step === "string") return `${nameOf(step.step)} ${way[at] + 1}: ${label}`;
    return way[0] === "splits" && way.length > 2 ? `${way[1]}: ${label}` : label;
  }

  /** What was typed that cannot be in a recipe; null once it can. */
  function complain(way, problem) {
    const key = JSON.stringify(way);
    if (problem === null ? !complaints.delete(key) : complaints.get(key)?.message === problem) return;
    if (problem !== null) complaints.set(key, { key: way, message: problem });
    tellAgain();
    actions.complained();
  }

  function problems() {
    return { errors: [...complaints.values(), ...told.errors], cautions: told.cautions };
  }

  function tell(found) {
    told = found;
    tellAgain();
  }

  /** The place that a way leads to, or the nearest before it. */
  function placeOf(way) {
    for (let length = way.length; length > 0; length--) {
      const place = places.get(JSON.stringify(way.slice(0, length)));
      if (place?.node.isConnected && !place.node.closest("[hidden]")) return place;
    }
    return null;
  }

  /** Put what is wrong beside the controls. */
  function tellAgain() {
    const at = new Map();
    const now = problems();
    for (const [kind, findings] of Object.entries(now)) {
      for (const finding of findings) {
        const place = placeOf(finding.key ?? []);
        if (place) at.set(place, [...(at.get(place) ?? []), { kind, message: finding.message }]);
      }
    }
    for (const place of places.values()) {
      const findings = at.get(place) ?? [];
      const text = JSON.stringify(findings);
      if (place.shown === text) continue;
      place.shown = text;
      place.told.replaceChildren(...findings.map((each) => el("li", { class: each.kind, text: each.message })));
      place.node.classList.toggle("wrong", findings.some((each) => each.kind === "errors"));
      describe(place, findings);
    }
    for (const panel of panels) panel.count([...at].flatMap(([place, findings]) => (panel.node.contains(place.node) ? findings : [])));
  }

  function go(way) {
    for (let length = 1; length <= way.length; length++) places.get(JSON.stringify(way.slice(0, length)))?.open?.();
    const place = placeOf(way);
    if (!place) return;
    for (let node = place.node; node; node = node.parentElement) if (node instanceof HTMLDetailsElement) node.open = true;
    place.node.scrollIntoView({ block: "center", behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth" });
    const target = place.holder?.matches?.("button, input") ? place.holder : (place.holder ?? place.node).querySelector("input, select, textarea, button");
    target?.focus({ preventScroll: true });
  }

  const panels = makePanels(form);
  return Object.assign(form, {
    node: el("div", { class: "panels" }, ...panels.map((each) => each.node)),
    sync() {
      panels.forEach((each) => each.sync());
      for (const [key, place] of places) if (!place.node.isConnected && place.seen) places.delete(key);
      for (const place of places.values()) place.seen ||= place.node.isConnected;
      tellAgain();
    },
  });
}

/** Let screen readers say what is wrong with a control, and what it is for. */
function describe(place, findings) {
  const wrong = findings.some((each) => each.kind === "errors");
  const described = [findings.length && place.toldId, place.help].filter(Boolean).join(" ");
  const targets = place.holder?.matches?.("button") ? [place.holder] : (place.holder?.querySelectorAll("input, select, textarea") ?? []);
  for (const target of targets) {
    if (target.closest(".row")?.contains(place.node) && target.closest(".row") !== place.node) continue;
    if (target.closest(".row") !== place.node && place.node.classList.contains("row")) continue;
    if (described) target.setAttribute("aria-describedby", described);
    else target.removeAttribute("aria-describedby");
    if (wrong) target.setAttribute("aria-invalid", "true");
    else target.removeAttribute("aria-invalid");
  }
}

function makePanels(form) {
  const settings = form.description.settings;
  const named = PANELS.flatMap((each) => each.keys);
  const others = settings.map((each) => each.key).filter((key) => !named.includes(key));
  const known = [...named, ...others];
  return PANELS.map(({ title, keys, open }, number) => {
    const all = number ? keys : [...keys, ...others, null];
    const controls = all.flatMap((key) => settings.filter((each) => each.key === key));
    return panel(title, controls, form, Boolean(open), number ? null : known);
  });
}

/** A panel to fold. With `known`, keys that no control of the page has are shown in it too. */
function panel(title, controls, form, open, known) {
  const gist = el("span", { class: "gist" });
  const badge = el("span", { class: "badge", hidden: true });
  const summary = el("summary", {}, el("h2", { text: title }), gist, badge);
  const made = controls.map((each) => row(each, [each.key], form));
  const chips = el("div", { class: "chips" }, ...made.map((each) => each.chip).filter(Boolean));
  const rest = el("div", {});
  const single = made.length === 1 ? "single" : "";
  const node = el("details", { class: `panel ${single}`, open }, summary, el("div", { class: "inside" }, ...made.map((each) => each.node), rest, chips));
  let unknown = [];
  return {
    node,
    count(findings) {
      badge.hidden = !findings.length;
      badge.textContent = String(findings.length);
      badge.classList.toggle("care", findings.every((each) => each.kind === "cautions"));
      badge.setAttribute("aria-label", `${findings.length} to look at`);
    },
    sync() {
      if (known) {
        const keys = keysOf(form.recipe.tree).filter((key) => !known.includes(key));
        if (keys.join("\n") !== unknown.map((each) => each.key).join("\n")) {
          unknown = keys.map((key) => ({ key, ...row({ key, kind: "unknown" }, [key], form) }));
          rest.replaceChildren(...unknown.map((each) => each.node));
        }
      }
      [...made, ...unknown].forEach((each) => each.sync());
      chips.hidden = [...chips.children].every((each) => each.hidden);
      gist.textContent = gistOf(controls, form.recipe.tree);
    },
  };
}

/** What a panel says, in a line, for when it is folded. */
function gistOf(controls, tree) {
  const words = controls.filter((each) => Object.hasOwn(tree, each.key)).map((each) => {
    const value = tree[each.key];
    if (each.kind === "sections" && isObject(value)) return keysOf(value).join(", ");
    if (each.kind === "steps" && isObject(value)) return Object.values(value).flat().map((step) => nameOf(step?.step ?? "")).join(", ");
    return (isObject(value) && writeFlow(value).slice(1, -1)) || `${nameOf(each.key)} ${writeFlow(value)}`;
  });
  return words.join(" · ");
}
